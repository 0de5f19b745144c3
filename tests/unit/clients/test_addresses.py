"""The addresses of a name, over real sockets: each is tried, within one deadline, with its share of the time."""

import asyncio
import socket
import threading
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import exchange, exchange_async
from edye_delivery.clients.network import ADDRESSES_MAX, look_up
from edye_delivery.clients.pinned import pin
from edye_delivery.clients.public_hosts import HostGuard
from edye_delivery.errors import TooSlow, Transient
from tests.hostile_peer import hostile_peer, says_nothing, size_has_5000_digits
from tests.unit.clients.test_slow_peers import BOUNDS, client, ends_soon


def test_a_look_up_that_nobody_answers_is_part_of_the_deadline(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [over.wait()][:0])
    with client() as web, ends_soon(), pytest.raises(TooSlow, match="the shop"):
        exchange(web, httpx.Request("GET", "http://partner.example/a"), "the shop", BOUNDS)
    over.set()


def test_every_address_of_a_name_is_tried_within_one_deadline(monkeypatch):
    with hostile_peer(says_nothing) as port:
        answers = [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("127.0.0.2", "127.0.0.1")
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
        assert look_up("partner.example", port, 1.0) == ["127.0.0.2", "127.0.0.1"]
        with client() as web, ends_soon(), pytest.raises(TooSlow, match="no whole answer"):
            exchange(web, httpx.Request("GET", f"http://partner.example:{port}/a"), "the shop", BOUNDS)


@contextmanager
def dead_address(port):
    """An address of the loopback on which a connection to the port is never made: nobody accepts, the queue is full."""
    with socket.create_server(("127.0.0.2", port), backlog=0) as server, ExitStack() as waiting:
        for _ in range(8):
            queued = waiting.enter_context(socket.socket())
            queued.setblocking(False)
            queued.connect_ex(server.getsockname())
        yield "127.0.0.2"


def test_a_dead_address_leaves_the_others_their_share_of_the_time(monkeypatch):
    with hostile_peer(size_has_5000_digits) as port, dead_address(port) as dead, client() as web, ends_soon():
        answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in (dead, "127.0.0.1")]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
        bounds = CallBounds(answer_s=2.0)
        assert exchange(web, httpx.Request("GET", f"http://partner.example:{port}/a"), "the shop", bounds).status == 200
        answers.pop()
        with pytest.raises(TooSlow, match=r"no whole answer within 0\.4 s"):
            exchange(web, httpx.Request("GET", f"http://other.example:{port}/a"), "the shop", BOUNDS)


def test_a_dead_address_that_was_checked_leaves_the_others_their_share_too(monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.public_hosts.is_public", lambda address: True)

    async def call(port, addresses):
        async with httpx.AsyncClient(timeout=60, trust_env=False) as web:
            guard = HostGuard(lambda _: addresses)
            pin(web, guard)
            url = await guard.check(f"http://partner.example:{port}/a", frozenset())
            return await exchange_async(web, httpx.Request("GET", url), "the shop", CallBounds(answer_s=2.0))

    with hostile_peer(size_has_5000_digits) as port, dead_address(port) as dead, ends_soon():
        assert asyncio.run(call(port, [dead, "127.0.0.1"])).status == 200


def test_a_host_that_nobody_knows_is_told_as_such():
    with client() as web, pytest.raises(Transient, match="ConnectError"):
        exchange(web, httpx.Request("GET", "http://no-such-host.invalid/a"), "the shop", BOUNDS)


def test_no_more_addresses_are_tried_than_would_have_a_share_worth_having(monkeypatch):
    answers = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (f"127.0.1.{number}", 1)) for number in range(50)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: answers)
    assert len(look_up("partner.example", 1, 1.0)) == ADDRESSES_MAX
