"""No cookie of a peer is read; tests/unit/clients/test_slow_peers.py has that none is kept or sent back."""

from __future__ import annotations

import asyncio

import httpx

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.cookies import NoCookies
from edye_delivery.clients.http import exchange, exchange_async
from tests.unit.clients.transport import UnreadAnswers

OPTIONS = {"transport": UnreadAnswers(lambda _: httpx.Response(200, headers={"Set-Cookie": "session=1"}))}
REQUEST = httpx.Request("GET", "http://peer.example/")


def test_the_jar_does_not_look_at_an_answer():
    jar = NoCookies()
    jar.extract_cookies(None, None)
    assert list(jar) == []


def test_every_exchange_gives_its_client_this_jar_once():
    with httpx.Client(**OPTIONS) as client:
        exchange(client, REQUEST, "the shop", CallBounds())
        first = client.cookies.jar
        exchange(client, REQUEST, "the shop", CallBounds())
        assert client.cookies.jar is first
    assert isinstance(first, NoCookies)


def test_every_exchange_on_a_loop_gives_its_client_this_jar():
    async def jar_after():
        async with httpx.AsyncClient(**OPTIONS) as client:
            await exchange_async(client, REQUEST, "the shop", CallBounds())
            return client.cookies.jar

    assert isinstance(asyncio.run(jar_after()), NoCookies)
