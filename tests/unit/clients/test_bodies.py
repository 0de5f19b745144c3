"""Bodies of answers: one layer of packing, within a bound, in blocks between which an event loop has its turn."""

import asyncio
import gzip
import zlib

import httpx
import pytest

from edye_delivery.clients.bodies import BLOCK_BYTES, async_body_blocks, body_blocks
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import exchange
from edye_delivery.errors import AnswerMalformed, MediaTooLarge
from tests.unit.clients.transport import client_of

MIB = 1024 * 1024


def answer(body: bytes, encoding: str = "") -> httpx.Response:
    headers = {"Content-Encoding": encoding} if encoding else {}
    return httpx.Response(200, headers=headers, stream=httpx.ByteStream(body))


def read(response: httpx.Response, max_bytes: int = MIB) -> bytes:
    return b"".join(body_blocks(response, "it", max_bytes))


@pytest.mark.parametrize("encoding", ["gzip", "x-gzip", " GZIP "])
def test_one_layer_of_gzip_is_unpacked(encoding):
    assert read(answer(gzip.compress(b"a" * 1000), encoding)) == b"a" * 1000


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_what_is_not_packed_comes_as_it_is(encoding):
    assert read(answer(b"plain", encoding)) == b"plain"


@pytest.mark.parametrize("encoding", ["gzip, gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_any_other_packing_is_refused(encoding):
    with pytest.raises(AnswerMalformed, match="it is packed as"):
        read(answer(gzip.compress(b"a"), encoding))


def test_gzip_stops_at_the_bound():
    with pytest.raises(MediaTooLarge, match="larger than 1,048,576 bytes"):
        read(answer(gzip.compress(b"a" * 64 * MIB), "gzip"))


def test_gzip_that_is_cut_or_none_is_malformed():
    with pytest.raises(AnswerMalformed, match="cut off"):
        read(answer(gzip.compress(b"a" * 1000)[:-4], "gzip"))
    with pytest.raises(AnswerMalformed, match="cannot be unpacked"):
        read(answer(zlib.compress(b"a"), "gzip"))


def test_an_event_loop_has_its_turn_after_every_block():
    turns, sizes = [], []

    async def tick():
        while True:
            turns.append(1)
            await asyncio.sleep(0)

    async def unpack():
        ticker = asyncio.create_task(tick())
        async for block in async_body_blocks(answer(gzip.compress(b"a" * 16 * MIB), "gzip"), "it", 16 * MIB):
            sizes.append(len(block))
        ticker.cancel()

    asyncio.run(unpack())
    assert max(sizes) <= BLOCK_BYTES
    assert len(turns) >= 16 * MIB // BLOCK_BYTES


def test_a_call_asks_for_gzip_at_most():
    asked = []

    def handler(request):
        asked.append(request.headers["accept-encoding"])
        return httpx.Response(200, json={})

    with client_of(handler) as client:
        exchange(client, client.build_request("GET", "/"), "it", CallBounds())
    assert asked == ["gzip"]
