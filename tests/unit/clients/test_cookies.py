"""No cookie of a peer is kept or sent back."""

from __future__ import annotations

import asyncio

import httpx

from edye_delivery.clients.cookies import NoCookies


def options(heard):
    def answer(request):
        heard.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/"})

    return {"transport": httpx.MockTransport(answer), "base_url": "http://peer.example", "cookies": NoCookies()}


def test_a_client_sends_no_cookie_that_a_peer_gave():
    heard = []
    with httpx.Client(**options(heard)) as client:
        assert [client.get("/").status_code, client.get("/").status_code] == [200, 200]
        assert list(client.cookies.jar) == []
    assert heard == [None, None]


def test_a_client_of_a_loop_sends_no_cookie_that_a_peer_gave():
    heard = []

    async def call_twice():
        async with httpx.AsyncClient(**options(heard)) as client:
            return [(await client.get("/")).status_code, (await client.get("/")).status_code]

    assert asyncio.run(call_twice()) == [200, 200]
    assert heard == [None, None]
