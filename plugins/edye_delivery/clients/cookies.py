"""HTTP clients that take no cookies: no peer of ours needs one, and to read thousands of them holds a loop."""

from __future__ import annotations

import httpx


class NoCookies(httpx.Cookies):
    """A jar that stays empty."""

    def extract_cookies(self, response: httpx.Response) -> None:
        """Takes nothing from an answer, and does not read its cookies."""


class HttpClient(httpx.Client):
    """A client that never sends a cookie that it got."""

    @property
    def cookies(self) -> httpx.Cookies:
        """An empty jar."""
        return NoCookies()

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("this client has no cookies")


class AsyncHttpClient(httpx.AsyncClient):
    """A client that never sends a cookie that it got."""

    @property
    def cookies(self) -> httpx.Cookies:
        """An empty jar."""
        return NoCookies()

    @cookies.setter
    def cookies(self, cookies: object) -> None:
        raise AttributeError("this client has no cookies")
