"""Which hosts a foreign file may lead to: public ones, and those that the user named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import IPv6Address, ip_address

import httpx

from edye_delivery.errors import UrlRefused

Resolve = Callable[[str], Iterable[str]]
"""The addresses of a host name; OSError where it has none."""


class HostGuard:
    """Refuses URLs that are none to ask, and those to private addresses; each host name is resolved once."""

    def __init__(self, resolve: Resolve, *, private_allowed: bool = False) -> None:
        self._resolve, self._private_allowed = resolve, private_allowed
        self._is_private: dict[str, bool] = {}

    async def check(self, url: str, trusted_hosts: frozenset[str] = frozenset()) -> httpx.URL:
        """The URL, if it is http(s) to a trusted host or a public one; UrlRefused says why otherwise."""
        parsed = parsed_url(url)
        if self._private_allowed or parsed.host in trusted_hosts:
            return parsed
        if parsed.host not in self._is_private:
            self._is_private[parsed.host] = await asyncio.to_thread(self._looked_up, parsed.host)
        if self._is_private[parsed.host]:
            raise UrlRefused("leads to a private address, which nobody else can reach")
        return parsed

    def _looked_up(self, host: str) -> bool:
        try:
            return any(not is_public(address) for address in self._resolve(host))
        except (OSError, UnicodeError):
            return False  # asking it says so, with a better reason, and a proxy may know it


def parsed_url(url: str) -> httpx.URL:
    """The URL without its fragment; UrlRefused where it is no http(s) address of a host."""
    if any(ord(sign) <= 32 or ord(sign) == 127 for sign in url) or "\\" in url:
        raise UrlRefused("has white space, control characters or backslashes in it")
    try:
        parsed = httpx.URL(url).copy_with(fragment=None)
    except (httpx.InvalidURL, UnicodeError, ValueError) as error:
        raise UrlRefused(f"cannot be read as a URL ({str(error)[:100]})") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise UrlRefused("is no http(s) address")
    return parsed


def is_public(address: str) -> bool:
    """Whether an IP address is one of the whole internet; not so loopback, private, link-local and reserved ones."""
    parsed = ip_address(address)
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    return parsed.is_global and not parsed.is_multicast
