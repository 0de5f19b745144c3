"""Connects only to the addresses that were checked, even where a host name leads elsewhere a moment later."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import httpcore
import httpx

from edye_delivery.clients.network import AsyncBoundedBackend, shares
from edye_delivery.clients.public_hosts import HostGuard


class PinnedBackend(AsyncBoundedBackend):
    """Opens bounded connections to the addresses that the guard has checked; Host header and TLS keep the host name.

    With a proxy it gets the proxy's host, which the guard has not checked.
    """

    def __init__(self, guard: HostGuard) -> None:
        super().__init__()
        self._guard = guard

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's name
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """As httpcore's, within the call's bounds; all addresses are tried in the order of the look-up. TooSlow."""
        options, addresses = tuple(socket_options or ()), self._guard.addresses_of(host)
        failure: Exception = httpcore.ConnectError(f"{host} has no address")
        for address, share in shares((host,) if addresses is None else addresses, timeout):
            try:
                return await super().connect_tcp(address, port, share, local_address, options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


def pin(client: httpx.AsyncClient, guard: HostGuard) -> None:
    """Makes the client's own connections, those without a proxy, go to checked addresses only.

    httpx has no option for the network backend, so its pool gets one here.
    """
    pool: Any = getattr(client._transport, "_pool", None)
    if pool is not None:
        pool._network_backend = PinnedBackend(guard)
