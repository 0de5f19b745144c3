"""Whatever a partner answers to the question for a state, the triggerer's own loop is never held by it."""

import asyncio
import gzip
import json
import socket
import threading
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.triggers.ingest import IngestTrigger
from tests.builders import the_annex
from tests.components.event_loop import longest_lag_s

MEBIBYTE = 1024 * 1024
HEAD_BYTES = 95_000
LAG_MAX_S = 0.1
POLLING = {"first_s": 0, "every_s": 0.2, "slowest_s": 0.2, "growth": 1, "at_once": 2, "give_up_s": 60}
ANNEX = the_annex(api={"polling": POLLING, "answer_timeout_s": 1})


def answer(body=b'{"status": "processing"}', head=b"", first=b"HTTP/1.1 200 OK"):
    return b"%s\r\n%sContent-Length: %d\r\n\r\n%s" % (first, head, len(body), body)


def filled(unit, before=b"", after=b"", size_bytes=MEBIBYTE - 1000):
    return before + unit * ((size_bytes - len(before) - len(after)) // len(unit)) + after


DEEP = b"[" * 990 + b"]" * 990 + b","
ANSWERS = {
    "nested without end": answer(filled(b'{"status":')),
    "nested again and again": answer(filled(DEEP, b"[", b"1]")),
    "digits": answer(filled(b"9")),
    "many numbers of the longest kind": answer(filled(b"9" * 4299 + b",", b"[", b'"\\ud800"]')),
    "objects": answer(filled(b"{},", b"[", b"half")),
    "one text": answer(filled(b"x", b'{"status": "', b'"}')),
    "one text of a refusal": answer(filled(b"x", b'{"message": "', b'"}'), first=b"HTTP/1.1 400 Bad Request"),
    "headers": answer(head=filled(b"a:\r\n", size_bytes=HEAD_BYTES)),
    "cookies": answer(head=filled(b"Set-Cookie: a=b\r\n", size_bytes=HEAD_BYTES)),
    "a header that is none": answer(head=filled(b"\x01", after=b"\r\n", size_bytes=HEAD_BYTES)),
    "one wish of many words": answer(
        b"", filled(b"1 ", b"Retry-After: ", b"\r\n", HEAD_BYTES), b"HTTP/1.1 503 Unavailable"
    ),
    "chunks of a byte": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\n \r\n" * 150_000,
    "informational answers": b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000 + answer(),
    "gzip of nothing, many times": answer(gzip.compress(b"") * 40_000, b"Content-Encoding: gzip\r\n"),
    "gzip of much": answer(gzip.compress(b"[" * 200 * MEBIBYTE, 1), b"Content-Encoding: gzip\r\n"),
}


@contextmanager
def partner(answer_to):
    """A server that answers each request with what `answer_to` gives, or not at all: its port, and what it heard."""
    heard = []
    listener = socket.create_server(("127.0.0.1", 0))

    def tell(connection):
        with connection, suppress(OSError):
            heard.append(connection.recv(65536))
            raw = answer_to(heard[-1])
            connection.sendall(raw)
            if not raw:
                connection.recv(1)  # until the other side goes away

    def serve():
        with suppress(OSError):
            while True:
                threading.Thread(target=tell, args=(listener.accept()[0],), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()


async def events(tracking_ids=("t-1", "t-2"), lasts_s=0.5):
    deadline = datetime.now(UTC) + timedelta(seconds=lasts_s)
    trigger = IngestTrigger(ANNEX.model_dump(mode="json"), list(tracking_ids), deadline.isoformat())
    return [event async for event in trigger.run()]


def connect(monkeypatch, port):
    fields = {"conn_type": "http", "host": "127.0.0.1", "port": port, "password": "secret"}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_INGEST", json.dumps(fields))


@pytest.mark.parametrize("raw", ANSWERS.values(), ids=ANSWERS)
def test_no_answer_holds_the_triggerer_s_loop(raw, monkeypatch):
    with partner(lambda request: raw) as (port, heard):
        connect(monkeypatch, port)
        lags_s = []
        asyncio.run(events())  # imports take time, and the first wait may end before an answer was read
        while len(lags_s) < 5:  # a busy machine may hold the loop too, or let the wait end before its first look
            heard.clear()
            lags_s.append(asyncio.run(longest_lag_s(events(lasts_s=0.5 * (1 + len(lags_s))))))
            if heard and lags_s[-1] < LAG_MAX_S:
                return
        raise AssertionError(f"the loop was held for {lags_s} s")


def test_answers_that_never_come_hold_no_neighbour_s_place_beyond_their_own_time(monkeypatch):
    with partner(lambda request: b"" if b"=hangs" in request else answer(b'{"status": "completed"}')) as (port, heard):
        connect(monkeypatch, port)
        (event,) = asyncio.run(events(["hangs-1", "hangs-2", "t-1", "t-2", "t-3"], lasts_s=5))
    assert {name: outcome["state"] for name, outcome in event.payload["outcomes"].items()} == dict.fromkeys(
        ["t-1", "t-2", "t-3"], "completed"
    )
    assert sum(b"=hangs" in request for request in heard) > 2
