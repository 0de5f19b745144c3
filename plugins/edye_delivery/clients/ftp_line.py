"""The sockets of an FTP session. Every wait for the server ends: by a deadline, a least rate, or with the session."""

from __future__ import annotations

import math
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from edye_delivery.clients.bounds import CallBounds, Deadline, Meter
from edye_delivery.clients.network import look_up, shares_s
from edye_delivery.errors import TooSlow, Transient

BLOCK_BYTES = 64 * 1024
UPLOAD_BLOCK_BYTES = 1024 * 1024


class SessionLife:
    """How long a session may live: for some seconds, or until another thread ends it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self._seconds, self._ends_at, self._is_ended = math.inf, math.inf, False
        self._connections: set[socket.socket] = set()
        self._lock = threading.Lock()

    def limit(self, seconds: float) -> None:
        """From now on the session lives no longer than that."""
        self._seconds, self._ends_at = seconds, self.clock() + seconds

    def within_s(self, wait_s: float) -> float:
        """The time for a wait: its own seconds, or those that the session has left; TooSlow where none are left."""
        left_s = self._ends_at - self.clock()
        if left_s <= 0:
            raise TooSlow(f"the FTP session did not end within {self._seconds:g} s")
        return min(wait_s, left_s)

    def hold(self, connection: socket.socket) -> None:
        """Ends the connection when the session is ended; Transient where that has already happened."""
        with self._lock:
            if not self._is_ended:
                self._connections.add(connection)
                return
        connection.close()
        raise Transient("the FTP session was ended while it opened a connection")

    def drop(self, connection: socket.socket) -> None:
        """Forgets a connection, which continues as another object."""
        with self._lock:
            self._connections.discard(connection)

    def close(self, connection: socket.socket) -> None:
        """Closes a connection, but not while another thread is ending it."""
        with self._lock:
            self._connections.discard(connection)
            connection.close()

    def end(self) -> None:
        """Ends every wait of the session at once, whichever thread it is in."""
        with self._lock:
            self._is_ended = True
            for connection in self._connections:
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS: the other thread uses its state


class Line:
    """The connections of one session to one server; answers have a deadline, transfers a least rate."""

    def __init__(self, where: str, bounds: CallBounds, life: SessionLife) -> None:
        self.bounds = bounds
        self._where, self._life = where, life
        self.begin_answer("login")

    def begin_answer(self, command: str, seconds: float | None = None) -> None:
        """From now on the server has these seconds, or those of the bounds, for a whole answer to the command."""
        answer_s = self.bounds.answer_s if seconds is None else seconds
        self._deadline = Deadline(f"{self._where}, {command}", answer_s, self._life.clock(), self.bounds.ends_at_s)

    def dial(self, host: str, port: int) -> socket.socket:
        """A connection to the host, within the time that is left for the answer."""
        try:
            addresses = look_up(host, port, self.remaining_s())
        except TimeoutError as error:
            raise self._timeout_error() from error
        failure = OSError(f"{host} has no address")
        for address, share_s in shares_s(addresses, self.remaining_s):
            try:
                connection = socket.create_connection((address, port), share_s)
            except OSError as error:
                failure = error
            else:
                self._life.hold(connection)
                return connection
        raise self._timeout_error() if isinstance(failure, TimeoutError) else failure

    def accept(self, listener: socket.socket) -> socket.socket:
        """The connection that the server opens to us."""
        with self._answering(listener):
            connection, _ = listener.accept()
        self._life.hold(connection)
        return connection

    def secure(
        self, connection: socket.socket, context: ssl.SSLContext, host: str, session: ssl.SSLSession | None = None
    ) -> ssl.SSLSocket:
        """The connection with TLS; closed where that fails."""
        self._life.drop(connection)
        tls = context.wrap_socket(connection, server_hostname=host, session=session, do_handshake_on_connect=False)
        self._life.hold(tls)
        try:
            with self._answering(tls):
                tls.do_handshake()
        except BaseException:
            self.close(tls)
            raise
        return tls

    def send(self, connection: socket.socket, content: bytes) -> None:
        """Sends a command."""
        with self._answering(connection):
            connection.sendall(content)

    def receive(self, connection: socket.socket) -> bytes:
        """The next bytes of an answer; empty at its end."""
        with self._answering(connection):
            return connection.recv(BLOCK_BYTES)

    def transfer(self, connection: socket.socket, command: str) -> Transfer:
        """The bytes of one transfer over its data connection."""
        return Transfer(connection, f"{self._where}, {command}", self.bounds, self._life)

    def close(self, connection: socket.socket) -> None:
        """Closes a connection."""
        self._life.close(connection)

    def remaining_s(self) -> float:
        """The seconds that are left for the answer; TooSlow where none are."""
        return self._life.within_s(self._deadline.remaining_s(self._life.clock()))

    @contextmanager
    def _answering(self, connection: socket.socket) -> Iterator[None]:
        connection.settimeout(self.remaining_s())
        try:
            yield
        except TimeoutError as error:
            raise self._timeout_error() from error

    def _timeout_error(self) -> TooSlow:
        self._life.within_s(0)
        return self._deadline.timeout_error()


class Transfer:
    """The bytes of one transfer, up or down, at the least rate or faster."""

    def __init__(self, connection: socket.socket, what: str, bounds: CallBounds, life: SessionLife) -> None:
        self._connection, self._meter, self._life = connection, Meter(what, bounds), life
        self._bounds = bounds
        self._wait_s, self._sent_bytes = 0.0, 0

    def __enter__(self) -> Transfer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, block: memoryview) -> None:
        """Sends all of the block; TooSlow where the server takes it too slowly."""
        while block:
            with self._waiting():
                count = self._connection.send(block)
            self._meter.end_wait(count, self._life.clock())
            self._sent_bytes += count
            block = block[count:]

    def receive(self) -> bytes:
        """The next bytes, empty at the end; TooSlow where they come too slowly."""
        with self._waiting():
            block = self._connection.recv(BLOCK_BYTES)
        self._meter.end_wait(len(block), self._life.clock())
        return block

    def finish(self) -> float:
        """Tells the server that this was the end; the seconds within which it has to answer.

        The server's own close of TLS is not waited for: its answer says what it has. The seconds also allow for bytes
        that the system has not sent yet, at the least rate.
        """
        if isinstance(self._connection, ssl.SSLSocket):
            self._close_tls(self._connection)
        with suppress(OSError):
            self._connection.shutdown(socket.SHUT_WR)
        buffered_bytes = self._connection.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)
        return self._bounds.answer_s + min(self._sent_bytes, buffered_bytes) / self._bounds.least_rate_bytes_s

    def close(self) -> None:
        """Closes the data connection."""
        self._life.close(self._connection)

    def _close_tls(self, connection: ssl.SSLSocket) -> None:
        connection.setblocking(False)
        with selectors.DefaultSelector() as selector:
            selector.register(connection, selectors.EVENT_WRITE)
            while True:
                try:
                    connection.unwrap()
                except ssl.SSLWantWriteError:
                    if selector.select(self._life.within_s(self._meter.begin_wait(self._life.clock()))):
                        continue
                except (OSError, ValueError):  # our close is sent, and the server's is missing; or the connection broke
                    pass
                return

    @contextmanager
    def _waiting(self) -> Iterator[None]:
        wait_s = self._life.within_s(self._meter.begin_wait(self._life.clock()))
        if wait_s != self._wait_s:  # a system call, which most blocks do not need
            self._connection.settimeout(wait_s)
            self._wait_s = wait_s
        try:
            yield
        except TimeoutError as error:
            self._life.within_s(0)
            raise self._meter.timeout_error() from error


def in_blocks(blocks: Iterable[bytes]) -> Iterator[memoryview]:
    """The same bytes in blocks of 1 MiB, the last one shorter."""
    buffer = bytearray()
    for block in blocks:
        if not buffer and len(block) >= UPLOAD_BLOCK_BYTES:
            yield memoryview(block)
            continue
        buffer += block
        if len(buffer) >= UPLOAD_BLOCK_BYTES:
            yield memoryview(buffer)
            buffer = bytearray()
    if buffer:
        yield memoryview(buffer)
