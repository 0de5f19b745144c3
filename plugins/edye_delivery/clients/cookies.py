"""No cookies: no peer of ours needs one, and to read thousands of them holds a loop."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import Any


class NoCookies(CookieJar):
    """A jar that stays empty; `clients.network.bind` gives it to every client, so that it never sends a cookie."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Takes nothing from an answer, and does not read its cookies."""
