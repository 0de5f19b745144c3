"""Checks which hosts a URL in a foreign file may lead to: public ones, and those that the user named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network

import httpx

from edye_delivery.errors import UrlRefused

Resolve = Callable[[str], Iterable[str]]
"""The addresses of a host name; OSError where it has none."""
LAST_BITS_ARE_IPV4 = [IPv6Network(text) for text in ("::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96")]
RESERVED = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",
        "192.88.99.0/24",
        "64:ff9b:1::/48",
        "100::/64",
        "2001:2::/48",
        "5f00::/16",
        "fec0::/10",
    )
]
"""Ranges of IANA's registries that not every Python knows: protocol assignments, relays, local NAT64, discard."""


class HostGuard:
    """Refuses URLs that cannot be called, and those to private addresses; each host name is resolved once.

    `addresses_of` gives the checked addresses, so that the connection goes there even if the name leads elsewhere.
    """

    def __init__(self, resolve: Resolve, *, private_allowed: bool = False) -> None:
        self._resolve, self._private_allowed = resolve, private_allowed
        self._addresses: dict[str, tuple[str, ...]] = {}

    async def check(self, url: str, trusted_hosts: frozenset[str] = frozenset()) -> httpx.URL:
        """The URL, if it is http(s) to a trusted host or a public one; UrlRefused says why otherwise."""
        parsed = parse_url(url)
        if self._private_allowed or parsed.host in trusted_hosts:
            return parsed
        host = parsed.raw_host.decode("ascii")
        if host not in self._addresses:
            self._addresses[host] = await asyncio.to_thread(self._addresses_of, host)
        if not all(map(is_public, self._addresses[host])):
            raise UrlRefused("leads to a private address, which nobody else can reach")
        return parsed

    def addresses_of(self, host: str) -> tuple[str, ...] | None:
        """Every address of a checked host, maybe none; None for a host that needed no check, such as a proxy."""
        return self._addresses.get(host)

    def _addresses_of(self, host: str) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(self._resolve(host)))
        except (OSError, UnicodeError):
            return ()  # a proxy may know the host; without a proxy, connecting fails with the reason


def parse_url(url: str) -> httpx.URL:
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
    """Whether an IP address is public; loopback, private, link-local and reserved ones are not.

    An IPv6 address that stands for an IPv4 one (NAT64, 6to4, Teredo, mapped, translated, compatible) is public only if
    that one is, because a gateway may lead there (RFC 6052, RFC 8215, RFC 3056, RFC 4380, RFC 2765, RFC 4291).
    """
    parsed = ip_address(address)
    within = _ipv4_in(parsed) if isinstance(parsed, IPv6Address) else []
    return all(map(_is_global, within)) if within else _is_global(parsed)


def _is_global(address: IPv4Address | IPv6Address) -> bool:
    is_reserved = any(address in network for network in RESERVED if network.version == address.version)
    return address.is_global and not (address.is_multicast or is_reserved)


def _ipv4_in(address: IPv6Address) -> list[IPv4Address]:
    """The IPv4 addresses that an IPv6 address stands for."""
    if address.teredo is not None:
        return list(address.teredo)
    if address.sixtofour is not None:
        return [address.sixtofour]
    if any(address in network for network in LAST_BITS_ARE_IPV4):
        return [IPv4Address(int(address) & 0xFFFFFFFF)]
    return []
