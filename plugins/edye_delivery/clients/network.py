"""The sockets under httpx, sync and async; every wait on them keeps the bounds of its call (clients/exchange.py)."""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any

import httpcore
import httpx
from httpcore._backends.sync import SyncStream

from edye_delivery.clients.cookies import NoCookies
from edye_delivery.clients.exchange import TimeoutOfCall, exchange_of

ADDRESSES_MAX = 8
"""How many of a name's addresses are tried, each with its share of the time that is left."""
READ_BYTES = 256 * 1024
"""The size of one read of a stream. httpcore asks for a quarter of it, and accepts more; each read costs the same."""
WRITE_BYTES = 256 * 1024
"""The size of one write by httpcore; a larger one could take long before we can check its rate."""


def look_up(host: str, port: int, seconds: float) -> list[str]:
    """The addresses of a host, in the order in which they are to be tried, at most ADDRESSES_MAX.

    OSError where it has none, TimeoutError after the seconds. The system's look-up has no time-out of its own, so it
    runs in a thread, which is left alone when the time is over.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    results: queue.SimpleQueue[list[str] | OSError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            results.put(list(dict.fromkeys(str(answer[4][0]) for answer in answers)))
        except OSError as error:
            results.put(error)
        except UnicodeError:
            results.put(OSError(f"{host!r:.100} is no valid host name"))

    threading.Thread(target=ask, name="look-up", daemon=True).start()
    try:
        addresses = results.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"the address of {host} was not found within {seconds:.0f} s") from None
    if isinstance(addresses, OSError):
        raise addresses
    return addresses[:ADDRESSES_MAX]


def shares_s(addresses: Sequence[str], left_s: Callable[[], float]) -> Iterator[tuple[str, float]]:
    """Each address with its share of the seconds that are left, so that one dead address does not use them all."""
    for number, address in enumerate(addresses):
        yield address, left_s() / (len(addresses) - number)


def shares(addresses: Sequence[str], timeout: float | None) -> Iterator[tuple[str, TimeoutOfCall]]:
    """As `shares_s`, for the seconds that the call has left, as time-outs; TooSlow."""
    call = exchange_of(timeout)
    for address, share_s in shares_s(addresses, call.begin_connect):
        yield address, TimeoutOfCall.of(_shorter(timeout, share_s), call)


class BoundedStream(httpcore.NetworkStream):
    """A connection; each time-out tells it which call it is for."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """The next bytes, up to READ_BYTES where httpcore asks for fewer, within the call's bounds; TooSlow."""
        call = exchange_of(timeout)
        seconds = call.begin_read()
        try:
            content = self._stream.read(max(max_bytes, READ_BYTES), _shorter(timeout, seconds))
        except httpcore.TimeoutException as error:
            if _is_ours(timeout, seconds):
                raise call.read_timeout() from error
            raise
        call.end_read(len(content))
        return content

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """As httpcore's, within the call's bounds; TooSlow."""
        call, rest = exchange_of(timeout), memoryview(buffer)
        while rest:
            seconds = call.begin_write()
            try:
                count = self._write_some(rest, _shorter(timeout, seconds))
            except httpcore.TimeoutException as error:
                if _is_ours(timeout, seconds):
                    raise call.write_timeout() from error
                raise
            call.end_write(count)
            rest = rest[count:]

    def _write_some(self, rest: memoryview, seconds: float) -> int:
        """Writes as much as the system takes at once, with one wait; the number of bytes.

        httpcore's own write waits again for each part of the buffer, and copies the rest after each.
        """
        if not isinstance(self._stream, SyncStream):  # TLS within a proxy's TLS: only httpcore can write to it
            block: Any = rest[:WRITE_BYTES]
            self._stream.write(block, seconds)
            return len(block)
        connection: socket.socket = self._stream.get_extra_info("socket")
        try:
            connection.settimeout(seconds)
            return connection.send(rest)
        except TimeoutError as error:
            raise httpcore.WriteTimeout(str(error)) from error
        except OSError as error:
            raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """As httpcore's, within the call's bounds; TooSlow."""
        with connecting(timeout) as seconds:
            return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        """What httpcore knows about the connection."""
        return self._stream.get_extra_info(info)


class BoundedBackend(httpcore.NetworkBackend):
    """Opens bounded connections: look-up and all addresses together take no longer than the call may."""

    def __init__(self) -> None:
        self._backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """As httpcore's, within the call's bounds; TooSlow."""
        options = tuple(socket_options or ())
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, share in shares(self._addresses(host, port, timeout), timeout):
            try:
                with connecting(share) as seconds:
                    return BoundedStream(self._backend.connect_tcp(address, port, seconds, local_address, options))
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure

    def _addresses(self, host: str, port: int, timeout: float | None) -> list[str]:
        with connecting(timeout) as seconds:
            try:
                return look_up(host, port, seconds)
            except TimeoutError as error:
                raise httpcore.ConnectTimeout(str(error)) from error
            except OSError as error:
                raise httpcore.ConnectError(str(error)) from error


class AsyncBoundedStream(httpcore.AsyncNetworkStream):
    """As `BoundedStream`, on an event loop."""

    def __init__(self, stream: httpcore.AsyncNetworkStream) -> None:
        self._stream = stream

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore's name
        """As httpcore's, within the call's bounds; TooSlow."""
        call = exchange_of(timeout)
        seconds = call.begin_read()
        try:
            content = await self._stream.read(max_bytes, _shorter(timeout, seconds))
        except httpcore.TimeoutException as error:
            if _is_ours(timeout, seconds):
                raise call.read_timeout() from error
            raise
        call.end_read(len(content))
        return content

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore's name
        """As httpcore's, within the call's bounds; TooSlow."""
        call = exchange_of(timeout)
        for block in _blocks(buffer):
            seconds = call.begin_write()
            try:
                await self._stream.write(block, _shorter(timeout, seconds))
            except httpcore.TimeoutException as error:
                if _is_ours(timeout, seconds):
                    raise call.write_timeout() from error
                raise
            call.end_write(len(block))

    async def aclose(self) -> None:
        """Closes the connection."""
        await self._stream.aclose()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore's, within the call's bounds; TooSlow."""
        with connecting(timeout) as seconds:
            return AsyncBoundedStream(await self._stream.start_tls(ssl_context, server_hostname, seconds))

    def get_extra_info(self, info: str) -> Any:
        """What httpcore knows about the connection."""
        return self._stream.get_extra_info(info)


class AsyncBoundedBackend(httpcore.AsyncNetworkBackend):
    """As `BoundedBackend`, on an event loop, whose own look-up can be ended by a time-out."""

    def __init__(self) -> None:
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore's, within the call's bounds; TooSlow."""
        with connecting(timeout) as seconds:
            return AsyncBoundedStream(
                await self._backend.connect_tcp(host, port, seconds, local_address, socket_options)
            )

    async def sleep(self, seconds: float) -> None:
        """As httpcore's."""
        await self._backend.sleep(seconds)


BACKEND, ASYNC_BACKEND = BoundedBackend(), AsyncBoundedBackend()


def bind(client: httpx.Client | httpx.AsyncClient, request: httpx.Request) -> None:
    """Makes the client open bounded connections for the request, also over proxies.

    httpx has no option for the network backend, so its pool gets ours here. A transport without sockets, such as a
    test's, stays as it is, and so does a bounded backend that the client already has (clients/pinned.py). The client
    takes no cookies either: peers could set any number of them, and our calls need none.
    """
    if not isinstance(client.cookies.jar, NoCookies):
        client.cookies = NoCookies()
    pool = getattr(client._transport_for_url(request.url), "_pool", None)
    if pool is not None and not isinstance(pool._network_backend, BoundedBackend | AsyncBoundedBackend):
        pool._network_backend = BACKEND if isinstance(client, httpx.Client) else ASYNC_BACKEND


@contextmanager
def connecting(timeout: float | None) -> Iterator[float]:
    """The seconds that the next step of a connection may take; TooSlow where the call has no time left after it."""
    call = exchange_of(timeout)
    seconds = call.begin_connect()
    try:
        yield _shorter(timeout, seconds)
    except httpcore.TimeoutException as error:
        if _is_ours(timeout, seconds):
            raise call.answer_timeout() from error
        raise


def _shorter(timeout: float | None, seconds: float) -> float:
    return seconds if timeout is None else min(timeout, seconds)


def _is_ours(timeout: float | None, seconds: float) -> bool:
    """Whether a wait ends by the call's bounds, and not by the client's time-out for one wait."""
    return timeout is None or seconds <= timeout


def _blocks(buffer: bytes) -> Iterable[bytes]:
    if len(buffer) <= WRITE_BYTES:
        return (buffer,)
    view: Any = memoryview(buffer)  # not a copy: a socket accepts it like bytes
    return (view[start : start + WRITE_BYTES] for start in range(0, len(buffer), WRITE_BYTES))
