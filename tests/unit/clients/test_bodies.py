"""Bodies of answers: one layer of packing, within a bound, in blocks between which an event loop has its turn."""

import asyncio
import gzip
import zlib
from contextlib import nullcontext

import httpx
import pytest

from edye_delivery.clients.bodies import BLOCK_BYTES, async_body_blocks, body_blocks
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import HttpAnswer, exchange, exchange_async, raise_for_transient_or_auth
from edye_delivery.errors import AnswerMalformed, AuthRefused, MediaTooLarge, Transient
from tests.hostile_peer import hostile_peer, packed_answer
from tests.unit.clients.transport import NOW, client_of

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
    with pytest.raises(AnswerMalformed, match="it is compressed as"):
        read(answer(gzip.compress(b"a"), encoding))


def test_gzip_stops_at_the_bound():
    with pytest.raises(MediaTooLarge, match="larger than 1,048,576 bytes"):
        read(answer(gzip.compress(b"a" * 64 * MIB), "gzip"))


def test_gzip_that_is_cut_or_none_is_malformed():
    with pytest.raises(AnswerMalformed, match="cut off"):
        read(answer(gzip.compress(b"a" * 1000)[:-4], "gzip"))
    with pytest.raises(AnswerMalformed, match="cannot be decompressed"):
        read(answer(zlib.compress(b"a"), "gzip"))


def test_no_byte_at_all_is_a_body_without_bytes_however_it_is_said_to_be_packed():
    assert read(answer(b"", "gzip")) == b""


BAD_BODIES = {
    "too large": (packed_answer(gzip.compress(b"a" * 64 * MIB), b"gzip"), MIB),
    "br": (packed_answer(b"\x0b\x02\x80{}\x03", b"br"), 0),
    "no gzip": (packed_answer(b"{}", b"gzip"), 0),
    "cut gzip": (packed_answer(gzip.compress(b"a" * 1000)[:-8], b"gzip"), 1000),
    "empty gzip": (packed_answer(b"", b"gzip"), 0),
}


def both_ways(port: int) -> list[HttpAnswer]:
    async def on_a_loop() -> HttpAnswer:
        async with httpx.AsyncClient(timeout=30, trust_env=False) as web:
            return await exchange_async(web, request, "the shop", CallBounds(max_bytes=MIB))

    request = httpx.Request("GET", f"http://127.0.0.1:{port}/a")
    with httpx.Client(timeout=30, trust_env=False) as web:
        return [exchange(web, request, "the shop", CallBounds(max_bytes=MIB)), asyncio.run(on_a_loop())]


@pytest.mark.parametrize(("whole", "kept_bytes"), BAD_BODIES.values(), ids=BAD_BODIES)
@pytest.mark.parametrize(
    ("status", "error"), [(b"401 No", AuthRefused), (b"503 Later", Transient), (b"404 Not Found", None)]
)
def test_an_error_is_what_its_status_says_whatever_its_body_is(whole, kept_bytes, status, error):
    bad = whole.replace(b"200 OK\r\n", status + b"\r\nRetry-After: 7\r\n")
    with hostile_peer(lambda caller: caller.send(bad)) as port:
        answers = both_ways(port)
    for told in answers:
        assert (told.status, len(told.content)) == (int(status[:3]), kept_bytes)
        with pytest.raises(error) if error else nullcontext() as raised:
            raise_for_transient_or_auth(told.status, told.headers, "the shop", NOW)
        if error is Transient:
            assert raised.value.retry_after_s == 7


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
