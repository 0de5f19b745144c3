"""The body of a call to the desk is bounded while it is read: real HTTP, written by hand."""

from __future__ import annotations

import pytest

from edye_delivery.desk import bodies
from edye_delivery.desk.bodies import BodyBounds
from tests.components.desk.conftest import PARTNER
from tests.components.desk.real_server import exchange, serve

FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.fixture
def server(airflow_app, login):
    """The port, and the cookie of an administrator."""
    with serve(airflow_app) as port:
        yield port, login("admin").cookies["_token"]


def head(server, path="/edye/actions/preview", length=None, content_type=FORM_TYPE, cookie=True):
    """The head of a POST from the desk's own pages."""
    port, token = server
    lines = [f"POST {path} HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Origin: http://127.0.0.1:{port}"]
    lines += [f"Content-Type: {content_type}"]
    lines += [f"Cookie: _token={token}"] if cookie else []
    lines += ["Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"]
    return "\r\n".join([*lines, "", ""])


def test_a_body_that_announces_ten_gigabytes_is_refused_before_it_is_read(server):
    answer = exchange(server[0], head(server, length=10 * 1024**3))
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"larger than 4,194,304 bytes, so it was not read" in answer
    assert b"Send less" in answer


def test_a_body_without_a_length_ends_at_the_bound(server):
    chunk = b"10000\r\n" + b"a" * 65_532 + b"&b=c" + b"\r\n"
    answer = exchange(server[0], head(server), b"5\r\nname=\r\n", *[chunk] * 65)
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_body_that_hardly_comes_is_given_up(server, monkeypatch):
    monkeypatch.setattr(bodies, "FORM", BodyBounds(4 * 1024**2, 0.2, 64_000, 1))
    answer = exchange(server[0], head(server, length=100), b"a")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"slower than 64 kB a second" in answer
    assert b"connection: close" in answer.lower()


def test_a_form_within_the_bounds_is_read(server):
    body = f"action=redeliver&partner={PARTNER}&external_ids=EDYE_A&reason=too+short".encode()
    answer = exchange(server[0], head(server, length=len(body)), body)
    assert answer.startswith(b"HTTP/1.1 422 ")
    assert b"Deliver again" in answer


def test_a_body_that_breaks_off_leaves_the_desk_running(server):
    assert b" 500 " not in exchange(server[0], head(server, length=100), b"action=", half_close=True)[:20]
    assert exchange(server[0], head(server, length=0)).startswith(b"HTTP/1.1 422 ")
