"""Calls to peers that never end, over real sockets: each ends within its bounds, as a Transient with a sentence."""

import asyncio
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx
import pytest

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import bounds_of, exchange, exchange_async, open_answer
from edye_delivery.clients.media import MediaFile, MediaHost
from edye_delivery.errors import AnswerMalformed, TooSlow, Transient
from tests.hostile_peer import (
    BEHAVIOURS,
    body_trickles,
    head_trickles,
    hostile_peer,
    says_nothing,
    size_has_5000_digits,
)
from tests.unit.clients.transport import RETRY_POLICY, Slept

BOUNDS = CallBounds(answer_s=0.4, least_rate_bytes_s=10_000, span_s=0.4, max_bytes=1024 * 1024)
ENDS_WITHIN_S = 5.0
"""Far more than the bounds, for a busy machine, and far less than what the peers would take."""


@contextmanager
def ends_soon():
    started = time.monotonic()
    yield
    assert time.monotonic() - started < ENDS_WITHIN_S


def client() -> httpx.Client:
    return httpx.Client(timeout=60, trust_env=False)


def request_to(port: int, method: str = "GET", **given) -> httpx.Request:
    return httpx.Request(method, f"http://127.0.0.1:{port}/a", **given)


@pytest.mark.parametrize("behave", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_every_answer_ends_within_its_bounds(behave):
    with hostile_peer(behave) as port, client() as web, ends_soon():
        if behave is size_has_5000_digits:
            assert exchange(web, request_to(port), "the shop", BOUNDS).status == 200
            return
        with pytest.raises(Transient, match=r"^the shop"):
            exchange(web, request_to(port), "the shop", BOUNDS)


@pytest.mark.parametrize("behave", BEHAVIOURS.values(), ids=BEHAVIOURS)
def test_every_answer_ends_within_its_bounds_on_an_event_loop(behave):
    async def call(port):
        async with httpx.AsyncClient(timeout=60, trust_env=False) as web:
            return await exchange_async(web, request_to(port), "the shop", BOUNDS)

    with hostile_peer(behave) as port, ends_soon():
        if behave is size_has_5000_digits:
            assert asyncio.run(call(port)).status == 200
            return
        with pytest.raises(Transient, match=r"^the shop"):
            asyncio.run(call(port))


def test_an_upload_whose_partner_does_not_read_ends():
    def blocks():
        while True:
            yield b"x" * 65536

    too_slow = pytest.raises(TooSlow, match="expected at least 10,000 bytes a second")
    with hostile_peer(says_nothing, reads_request=False) as port, client() as web, ends_soon(), too_slow:
        exchange(web, request_to(port, "POST", content=blocks()), "the shop", BOUNDS)


def test_an_upload_whose_partner_reads_too_slowly_ends_within_one_large_block():
    def read_slowly(caller):
        while not caller.over.wait(0.02):
            caller.line.recv(128 * 1024)

    bounds = replace(BOUNDS, least_rate_bytes_s=100_000_000)
    too_slow = pytest.raises(TooSlow, match="expected at least 100,000,000 bytes a second")
    with hostile_peer(read_slowly, reads_request=False) as port, client() as web, ends_soon(), too_slow:
        exchange(web, request_to(port, "POST", content=b"x" * 96 * 1024 * 1024), "the shop", bounds)


def test_the_time_that_an_upload_s_source_takes_is_not_the_partner_s():
    def blocks():
        for _ in range(3):
            time.sleep(BOUNDS.answer_s)
            yield b"x"

    def answer(caller):
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += caller.line.recv(65536)
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")

    with hostile_peer(answer, reads_request=False) as port, client() as web:
        assert exchange(web, request_to(port, "POST", content=blocks()), "the shop", BOUNDS).status == 200


def test_a_stream_may_take_as_long_as_it_keeps_the_rate_and_no_longer():
    blocks = 12

    def stream(caller):
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        for _ in range(blocks):
            caller.send(b"x" * 5000)
            caller.over.wait(BOUNDS.answer_s / 4)
        caller.over.wait()

    with hostile_peer(stream) as port, client() as web, ends_soon():
        response = open_answer(web, request_to(port), "the shop", BOUNDS, is_stream=True)
        arrived = []
        with pytest.raises(TooSlow, match="expected at least 10,000 bytes a second"):
            arrived.extend(map(len, response.iter_raw()))
        response.close()
    assert sum(arrived) == blocks * 5000


def test_a_connection_that_was_used_before_is_bounded_as_well():
    calls = []

    def well_then_slow(caller):
        calls.append(1)
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        caller.line.recv(65536)
        head_trickles(caller)

    with hostile_peer(well_then_slow) as port, client() as web, ends_soon():
        assert exchange(web, request_to(port), "the shop", BOUNDS).content == b"{}"
        with pytest.raises(TooSlow):
            exchange(web, request_to(port), "the shop", BOUNDS)
    assert len(calls) == 1


def test_cookies_of_a_peer_are_neither_kept_nor_sent_back():
    heads = []

    def set_cookies(caller):
        for number in range(2):
            heads.append(caller.line.recv(65536))
            cookies = b"".join(b"Set-Cookie: c%d-%d=%b\r\n" % (number, n, b"x" * 500) for n in range(100))
            caller.send(b"HTTP/1.1 200 OK\r\n" + cookies + b"Content-Length: 2\r\n\r\n{}")

    async def call_twice(port):
        async with httpx.AsyncClient(timeout=60, trust_env=False) as web:
            for _ in range(2):
                url = f"http://127.0.0.1:{port}/a"
                await exchange_async(web, web.build_request("GET", url), "the shop", CallBounds())
            return list(web.cookies.jar)

    with hostile_peer(set_cookies, reads_request=False) as port, client() as web:
        for _ in range(2):
            exchange(web, web.build_request("GET", f"http://127.0.0.1:{port}/a"), "the shop", CallBounds())
        assert [*web.cookies.jar, *asyncio.run(call_twice(port))] == []
    assert len(heads) == 4
    assert not any(b"cookie" in head.lower() for head in heads)


def test_a_call_over_a_slow_proxy_is_bounded_as_well():
    with hostile_peer(head_trickles) as port, ends_soon():
        web = httpx.Client(timeout=60, trust_env=False, proxy=f"http://127.0.0.1:{port}")
        for url in ("http://partner.example/a", "https://partner.example/a"):
            with pytest.raises(TooSlow, match="the shop"):
                exchange(web, httpx.Request("GET", url), "the shop", BOUNDS)
        web.close()


def test_a_tls_handshake_that_does_not_go_on_is_bounded_as_well():
    with hostile_peer(says_nothing) as port, client() as web, ends_soon(), pytest.raises(TooSlow, match="the shop"):
        exchange(web, httpx.Request("GET", f"https://127.0.0.1:{port}/a"), "the shop", BOUNDS)


def test_a_wait_for_a_free_connection_is_part_of_the_deadline():
    limits = httpx.Limits(max_connections=1)
    with (
        hostile_peer(body_trickles) as port,
        httpx.Client(timeout=60, trust_env=False, limits=limits) as web,
        ends_soon(),
    ):
        taken = open_answer(web, request_to(port), "the shop", CallBounds(), is_stream=True)
        with pytest.raises(Transient, match=r"did not answer in time \(PoolTimeout\)"):
            exchange(web, request_to(port), "the shop", BOUNDS)
        taken.close()


def test_the_client_s_time_out_is_the_deadline_where_nobody_says_otherwise():
    with httpx.Client(timeout=7) as web:
        assert bounds_of(web).answer_s == 7


def test_a_media_host_that_trickles_is_given_up_and_one_that_stalls_is_not_resumed():
    calls = []

    def trickle(caller):
        calls.append(1)
        body_trickles(caller)

    with hostile_peer(trickle) as port, client() as web, ends_soon():
        host = MediaHost(
            web, frozenset({"127.0.0.1"}), RETRY_POLICY.model_copy(update={"attempts": 1}), Slept().clock(), BOUNDS
        )
        with pytest.raises(TooSlow, match=r"the media host 127\.0\.0\.1"):
            host.fetch(f"http://127.0.0.1:{port}/a.jpg", 10**7)
        with host.stream(f"http://127.0.0.1:{port}/a.mp4") as stream, pytest.raises(TooSlow):
            list(stream.blocks())
    assert len(calls) == 2


def test_a_size_without_end_costs_a_sentence_of_its_own():
    with hostile_peer(size_is_partial) as port, client() as web:
        host = MediaHost(
            web, frozenset({"127.0.0.1"}), RETRY_POLICY.model_copy(update={"attempts": 1}), Slept().clock(), BOUNDS
        )
        with pytest.raises(AnswerMalformed, match=r"a\.mp4 has 5000 digits, a number has 18 or fewer"):
            host.describe(f"http://127.0.0.1:{port}/a.mp4")


@pytest.mark.parametrize(
    ("head", "offset"),
    [(b"206 Partial Content\r\nContent-Range: bytes 7000-66999/67000", 7000), (b"200 OK", 0)],
    ids=["a range", "a host without ranges"],
)
def test_a_part_of_a_file_may_take_as_long_as_it_keeps_the_rate(head, offset):
    def send(caller):
        caller.send(b"HTTP/1.1 " + head + b"\r\nContent-Length: " + str(67_000 - offset).encode() + b"\r\n\r\n")
        for _ in range((67_000 - offset) // 5000):
            caller.send(b"x" * 5000)
            caller.over.wait(BOUNDS.answer_s / 4)
        caller.send(b"x" * 5000)

    with hostile_peer(send) as port, client() as web, ends_soon():
        host = MediaHost(web, frozenset({"127.0.0.1"}), RETRY_POLICY, Slept().clock(), BOUNDS)
        media = MediaFile(f"http://127.0.0.1:{port}/a.mp4", 67_000, "", "video/mp4")
        assert host.read(media, 7000, 60_000) == b"x" * 60_000


def test_a_picture_may_take_as_long_as_it_keeps_the_rate():
    def send(caller):
        caller.send(b"HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n")
        for _ in range(10):
            caller.send(b"x" * 5000)
            caller.over.wait(BOUNDS.answer_s / 4)

    with hostile_peer(send) as port, client() as web, ends_soon():
        host = MediaHost(web, frozenset({"127.0.0.1"}), RETRY_POLICY, Slept().clock(), BOUNDS)
        assert host.fetch(f"http://127.0.0.1:{port}/a.jpg", 10**6) == b"x" * 50_000


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"200 OK\r\nTransfer-Encoding: chunked", "does not give the size"),
        (b"206 Partial Content\r\nContent-Range: bytes 0-5/*", "is no number"),
        (b"206 Partial Content\r\nContent-Range: bytes 0-5/" + b"9" * 5000, "has 5000 digits"),
        (b"206 Partial Content\r\nContent-Range: bytes 7-9/10", "cannot begin at byte 0"),
    ],
    ids=["no size", "unknown size", "endless size", "another byte"],
)
def test_a_stream_that_cannot_begin_gives_its_connection_back(head, told):
    def begin(caller):
        caller.send(b"HTTP/1.1 " + head + b"\r\n\r\n")
        caller.over.wait()

    limits = httpx.Limits(max_connections=1)
    with hostile_peer(begin) as port, httpx.Client(timeout=60, trust_env=False, limits=limits) as web, ends_soon():
        host = MediaHost(
            web, frozenset({"127.0.0.1"}), RETRY_POLICY.model_copy(update={"attempts": 1}), Slept().clock(), BOUNDS
        )
        for _ in range(3):
            with pytest.raises(Transient, match=told), host.stream(f"http://127.0.0.1:{port}/a.mp4"):
                pass


def size_is_partial(caller):
    head = b"HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\nContent-Range: bytes 0-4/" + b"9" * 5000
    caller.send(head + b"\r\n\r\n12345")
