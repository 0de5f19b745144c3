"""Connections on a real socket: bytes that are no call, slow and silent clients, readers that do not read."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest
import uvicorn

from edye_delivery.delivery_api.connection_limits import ConnectionLimits
from edye_delivery.delivery_api.connections import LimitedProtocol
from tests.unit.delivery_api.world import World, pull_annex, show
from tests.waiting import until

LIMITS = ConnectionLimits(connections=20, head_s=0.4, idle_s=1, write_s=0.3)
CALL = b"GET /v1/shows HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer t\r\n"


@contextmanager
def served(world: World, limits: ConnectionLimits) -> Iterator[uvicorn.Server]:
    """The world's application on a port."""
    application = world.application()
    application.limits = limits
    config = uvicorn.Config(
        application,
        port=0,
        http=LimitedProtocol,
        log_config=None,
        log_level="error",
        access_log=False,
        lifespan="off",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=int(limits.idle_s),
    )
    server = uvicorn.Server(config)
    listener = config.bind_socket()
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        until(lambda: server.started, "the start")
        yield server
    finally:
        server.should_exit = True
        server.force_exit = True
        thread.join(20)


def port_of(server: uvicorn.Server) -> int:
    """The port on which it listens."""
    return server.servers[0].sockets[0].getsockname()[1]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("world"))
    pull_annex(world.annexes, "shelf")
    world.token("shelf", token="t")
    world.publish("shelf", *(show(f"s{number}", "x" * 8000) for number in range(1000)))
    return world


@pytest.fixture(scope="module")
def port(world):
    with served(world, LIMITS) as server:
        yield port_of(server)


def connect(port, **options):
    connection = socket.create_connection(("127.0.0.1", port), 10)
    for name, value in options.items():
        connection.setsockopt(socket.SOL_SOCKET, getattr(socket, name), value)
    return connection


def answer_to(port, content):
    """What comes back for these bytes until the server closes the connection."""
    with connect(port) as connection:
        connection.sendall(content)
        return read_all(connection)


def read_all(connection):
    received = b""
    try:
        while block := connection.recv(65536):
            received += block
    except ConnectionResetError:
        pass
    return received


def test_a_call_over_a_socket_is_answered(port):
    answer = httpx.get(f"http://127.0.0.1:{port}/v1/shows?page_size=2", headers={"Authorization": "Bearer t"})
    assert answer.status_code == 200
    assert len(answer.json()["items"]) == 2
    assert answer.headers["date"]
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    "head",
    [
        CALL + b"X-Long: " + b"a" * 9000 + b"\r\n\r\n",
        CALL + b"".join(b"X-%d: a\r\n" % number for number in range(1000)) + b"\r\n",
        CALL + b"X-Endless: " + b"a" * 200_000,
        b"GET /v1/shows?tag=" + b"a" * 9000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=["one header", "many headers", "no end", "path"],
)
def test_a_head_over_eight_kilobytes_is_refused_and_in_the_log(world, port, head):
    world.lines.clear()
    answer = answer_to(port, head)
    assert answer.startswith(b"HTTP/1.1 431 ") or answer == b""  # reset: the client was still sending
    until(lambda: [line.status for line in world.lines] == [431], "a line of the log")


@pytest.mark.parametrize(
    "content", [b"\x16\x03\x01\x02\x00\x01", b"hello\r\n\r\n", b"GET  HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
)
def test_bytes_that_are_no_call_get_a_problem(world, port, content):
    world.lines.clear()
    answer = answer_to(port, content)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"/problems/malformed-request" in answer
    until(lambda: [line.status for line in world.lines] == [400], "a line of the log")


@pytest.mark.parametrize("begin", [b"", CALL, b"\r\n"], ids=["silent", "half a head", "an empty line"])
def test_a_client_that_does_not_finish_its_call_is_told_and_closed(world, port, begin):
    world.lines.clear()
    answer = answer_to(port, begin)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"/problems/request-timeout" in answer
    assert [line.status for line in world.lines] == [408]


def test_a_client_that_sends_a_byte_at_a_time_does_not_stretch_its_time(port):
    begun_s = time.monotonic()
    with connect(port) as connection:
        try:
            for byte in CALL * 10:
                connection.sendall(bytes([byte]))
                time.sleep(0.05)
        except (BrokenPipeError, ConnectionResetError):
            pass
        answer = read_all(connection)
    assert answer.startswith(b"HTTP/1.1 408 ") or answer == b""
    assert time.monotonic() - begun_s < 20


def test_silent_connections_beyond_the_bound_are_closed_and_callers_are_answered(world):
    patient = ConnectionLimits(connections=20, head_s=30)
    with served(world, patient) as server:
        port = port_of(server)
        silent = [connect(port) for _ in range(300)]
        answer = httpx.get(f"http://127.0.0.1:{port}/v1/shows?page_size=1", headers={"Authorization": "Bearer t"})
        assert answer.status_code == 200
        world.lines.clear()
        first = read_all(silent[0])
        assert first.startswith(b"HTTP/1.1 503 ")
        assert b"/problems/too-many-connections" in first
        for connection in silent:
            connection.close()


def test_a_reader_that_stops_reading_is_cut_off(world):
    with served(world, LIMITS) as server, connect(port_of(server), SO_RCVBUF=65536) as connection:
        connection.sendall(CALL.replace(b"/v1/shows", b"/v1/shows?page_size=1000") + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        until(lambda: not server.server_state.connections, "the end of the connection")


def test_a_reader_that_took_longer_than_it_may_be_idle_is_closed_when_it_is_idle(world):
    limits = ConnectionLimits(idle_s=1, write_s=5)
    with served(world, limits) as server, connect(port_of(server), SO_RCVBUF=65536) as connection:
        connection.sendall(CALL.replace(b"/v1/shows", b"/v1/shows?page_size=1000") + b"\r\n")
        began_s, received = time.monotonic(), b""
        while b"\r\n\r\n" not in received[:2000] or len(received) < whole_bytes(received):
            block = connection.recv(65536)
            assert block, "the answer is whole"
            received += block
            time.sleep(0.02)
        assert time.monotonic() - began_s > limits.idle_s
        assert read_all(connection) == b""


def whole_bytes(received):
    head = received.partition(b"\r\n\r\n")[0]
    return len(head) + 4 + int(re.search(rb"content-length: (\d+)", head)[1])


def test_a_body_is_not_read_and_ends_the_connection(port):
    answer = answer_to(port, CALL.replace(b"GET", b"POST") + b"Content-Length: 5\r\n\r\nhello")
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert b"connection: close" in answer
    asked = answer_to(port, CALL.replace(b"shows", b"shows/s1") + b"Transfer-Encoding: chunked\r\n\r\n")
    assert asked.startswith(b"HTTP/1.1 200 ")


def test_calls_one_after_the_other_on_a_connection_are_answered_in_order(port):
    first = CALL.replace(b"shows", b"shows/s1") + b"\r\n"
    last = CALL.replace(b"shows", b"shows/unknown") + b"Connection: close\r\n\r\n"
    answer = answer_to(port, first * 5 + last)
    assert answer.count(b"HTTP/1.1 200 OK") == 5
    assert answer.index(b"HTTP/1.1 404") > answer.rindex(b"HTTP/1.1 200")


def test_a_flood_of_calls_on_one_connection_is_bounded(world, port):
    world.lines.clear()
    answer_to(port, (CALL.replace(b"shows", b"shows/s1") + b"\r\n") * 500)
    assert len(world.lines) < 100
