"""No cookies: no peer of ours needs one, and to read thousands of them holds a loop."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import Any


class NoCookies(CookieJar):
    """A jar that stays empty; each HTTP client of ours has one, and so never sends a cookie that it got."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Takes nothing from an answer, and does not read its cookies."""
