"""No cookie of a peer is kept or sent back."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from edye_delivery.clients.cookies import AsyncHttpClient, HttpClient


def answering(heard):
    def answer(request):
        heard.append(request.headers.get("cookie"))
        return httpx.Response(200, headers={"Set-Cookie": "session=1; Path=/"})

    return httpx.MockTransport(answer)


def test_a_client_sends_no_cookie_that_a_peer_gave():
    heard = []
    with HttpClient(transport=answering(heard), base_url="http://peer.example") as client:
        assert [client.get("/").status_code, client.get("/").status_code] == [200, 200]
    assert heard == [None, None]


def test_a_client_of_a_loop_sends_no_cookie_that_a_peer_gave():
    heard = []

    async def call_twice():
        async with AsyncHttpClient(transport=answering(heard), base_url="http://peer.example") as client:
            return [(await client.get("/")).status_code, (await client.get("/")).status_code]

    assert asyncio.run(call_twice()) == [200, 200]
    assert heard == [None, None]


@pytest.mark.parametrize("kind", [HttpClient, AsyncHttpClient])
def test_nobody_gives_such_a_client_a_cookie(kind):
    with pytest.raises(AttributeError, match="has no cookies"):
        kind().cookies = {"session": "1"}
