"""A peer that keeps to no bound: a byte at a time, an endless head or body, packed answers, endless numbers.

Each behaviour is what one connection does after the request's head has come; it goes on until the caller hangs up.
"""

from __future__ import annotations

import gzip
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

PAUSE_S = 0.05
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
MIB = 1024 * 1024


@dataclass(frozen=True)
class Caller:
    """One connection of a caller, and what tells that the test is over."""

    line: socket.socket
    over: threading.Event
    request: bytes

    def send(self, content: bytes) -> None:
        self.line.sendall(content)

    def trickle(self, byte: bytes, pause_s: float = PAUSE_S) -> None:
        """The same bytes again and again, with a pause after each."""
        while not self.over.wait(pause_s):
            self.send(byte)

    def flood(self, block: bytes) -> None:
        """The same block again and again, as quickly as it is taken."""
        while not self.over.is_set():
            self.send(block)


Behaviour = Callable[[Caller], None]


def head_trickles(caller: Caller) -> None:
    caller.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    caller.trickle(b"a")


def body_trickles(caller: Caller) -> None:
    caller.send(OK + b'ETag: "1"\r\nContent-Length: 1000000\r\n\r\n')
    caller.trickle(b" ")


def continues_for_ever(caller: Caller) -> None:
    caller.trickle(b"HTTP/1.1 100 Continue\r\n\r\n")


def head_has_no_end(caller: Caller) -> None:
    caller.send(b"HTTP/1.1 200 OK\r\n")
    caller.flood(b"X-More: " + b"a" * 1000 + b"\r\n")


def body_has_no_end(caller: Caller) -> None:
    caller.send(OK + b"Transfer-Encoding: chunked\r\n\r\n")
    caller.flood(b"100000\r\n" + b" " * MIB + b"\r\n")


def answer_is_packed_twice(caller: Caller) -> None:
    caller.send(packed_answer(NESTED, b"gzip, gzip"))


def answer_unpacks_without_end(caller: Caller) -> None:
    caller.send(packed_answer(BOMB, b"gzip"))


def answer_is_packed(body: bytes) -> Behaviour:
    packed = gzip.compress(body)
    return lambda caller: caller.send(packed_answer(packed, b"gzip"))


def empty_items(count: int) -> bytes:
    """A page of a list; as values it takes 30 times its bytes, which are a thousand times those of its gzip."""
    return b'{"total": 1, "items": [' + b"{}," * count + b"{}]}"


page_of_empty_items = answer_is_packed(empty_items(1_700_000))


def size_has_5000_digits(caller: Caller) -> None:
    digits = b"9" * 5000
    caller.send(OK + b"Content-Range: bytes 0-999/" + digits + b"\r\nRetry-After: " + digits + b"\r\n")
    body = b'{"status": 200, "items": [], "total": ' + digits + b', "tracking_id": ' + digits + b"}"
    caller.send(b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)


def says_nothing(caller: Caller) -> None:
    caller.over.wait()


BEHAVIOURS: dict[str, Behaviour] = {
    "a byte at a time in the head": head_trickles,
    "a byte at a time in the body": body_trickles,
    "100 Continue for ever": continues_for_ever,
    "an endless head": head_has_no_end,
    "an endless body": body_has_no_end,
    "gzip, gzip": answer_is_packed_twice,
    "gzip of 2 GiB": answer_unpacks_without_end,
    "gzip of 1,700,000 empty items": page_of_empty_items,
    "numbers of 5,000 digits": size_has_5000_digits,
    "nothing": says_nothing,
}


def packed_answer(packed: bytes, encoding: bytes) -> bytes:
    """A whole answer with this body."""
    return OK + b"Content-Encoding: %b\r\nContent-Length: %d\r\n\r\n" % (encoding, len(packed)) + packed


def _packed_spaces(size_bytes: int) -> bytes:
    packer, packed = zlib.compressobj(9, zlib.DEFLATED, 31), bytearray()
    for _ in range(size_bytes // MIB):
        packed += packer.compress(b" " * MIB)
    return bytes(packed + packer.flush())


BOMB = gzip.compress(b" " * MIB) * 2048
"""Two GiB in two thousand members: quickly made, and as large when it is unpacked as one member would be."""
NESTED = gzip.compress(_packed_spaces(64 * MIB))


@contextmanager
def hostile_peer(behave: Behaviour, *, reads_request: bool = True) -> Iterator[int]:
    """Listens on a port of 127.0.0.1, which it gives; every connection gets the behaviour.

    Without `reads_request` it never reads more than the system does by itself.
    """
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:

        def serve(line: socket.socket) -> None:
            with line, suppress(OSError):
                behave(Caller(line, over, line.recv(65536) if reads_request else b""))

        def accept() -> None:
            with suppress(OSError):
                while True:
                    threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
