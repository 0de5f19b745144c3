"""A name that leads to a public address when it is checked and to a private one a moment later gets no connection."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import httpx
import pytest

from edye_delivery.clients.feed_pages import FeedPages, PageBounds, PageUnreadable
from edye_delivery.clients.pinned import pin
from edye_delivery.clients.public_hosts import HostGuard
from tests.unit.clients.local_web import LocalWeb, local_web

PAGE = b'{"assets": []}'
NAME = "feeds.example"


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    with local_web() as server:
        yield server


@pytest.fixture
def system_says_loopback(monkeypatch):
    """What the system's own look-up says of every name: the second answer of a hostile name server."""
    real = socket.getaddrinfo

    def look_up(host, *arguments, **options):
        return real("127.0.0.1" if host in (NAME, NAME.encode()) else host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def fetched(url: str, addresses: list[str], *, trusted: frozenset[str] = frozenset()) -> bytes:
    async def fetch() -> bytes:
        guard = HostGuard(lambda host: addresses)
        async with httpx.AsyncClient(timeout=5, trust_env=False) as client:
            pin(client, guard)
            return await FeedPages(client, guard, PageBounds(1000, 5)).fetch(url, trusted)

    return asyncio.run(fetch())


def by_name(web: LocalWeb, path: str = "/a") -> str:
    return web.put(path, PAGE).replace("127.0.0.1", NAME)


def test_the_private_address_of_the_second_look_up_is_not_asked(web, system_says_loopback, monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.public_hosts.is_public", lambda address: address == "127.0.0.9")
    with pytest.raises(PageUnreadable, match="connection failed"):
        fetched(by_name(web), ["127.0.0.9"])  # the server listens on 127.0.0.1 only
    assert web.asked == []


def test_the_checked_address_is_asked_under_the_name(web, system_says_loopback, monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.public_hosts.is_public", lambda address: True)
    assert fetched(by_name(web), ["127.0.0.9", "127.0.0.1"]) == PAGE
    assert web.headers[0]["host"].partition(":")[0] == NAME


def test_a_name_without_an_address_is_not_looked_up_again(web, system_says_loopback):
    with pytest.raises(PageUnreadable, match=f"{NAME} has no address"):
        fetched(by_name(web), [])
    assert web.asked == []


def test_one_private_address_among_public_ones_is_enough(web, system_says_loopback):
    with pytest.raises(PageUnreadable, match="private address"):
        fetched(by_name(web), ["93.184.216.34", "64:ff9b::7f00:1"])
    assert web.asked == []


def test_a_host_that_the_user_named_is_asked_as_the_system_says(web, system_says_loopback):
    assert fetched(by_name(web), ["93.184.216.34"], trusted=frozenset({NAME})) == PAGE
