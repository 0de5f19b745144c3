"""Sends an S3 client's calls through our HTTP, so that each call has a deadline, and its object a least rate."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import httpx
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.exceptions import ConnectionClosedError
from botocore.httpsession import get_cert_path

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import open_answer, transport_failures
from edye_delivery.errors import AnswerMalformed, TooSlow, Transient

FEED_STORE, GENERATIONS = "the feed store", "the bucket of generations"
BLOCK_BYTES = 256 * 1024
WORDS_MAX_BYTES = 1024 * 1024
"""The size limit of an answer that is no object; the errors of a call that deletes a thousand keys fit into it."""
NOT_SENT = frozenset({"expect", "accept-encoding"})
"""httpx does not wait for 100 Continue, and objects are not compressed on the way. Neither header is signed."""


def certificates_of(client: Any) -> tuple[str | bool, tuple[str, str | None] | None]:
    """The file of authorities that a botocore client would trust (False: anybody), and its own certificate and key."""
    session = client._endpoint.http_session
    own = (session._cert_file, session._key_file) if session._cert_file else None
    return get_cert_path(session._verify) if session._verify else False, own


def bind_s3(client: Any, bounds: CallBounds, tls: ssl.SSLContext, what: str = FEED_STORE) -> None:
    """Makes a botocore client send its calls through our HTTP, with its own proxy; `what` names it in errors."""
    proxy = client._endpoint.http_session._proxy_config.proxy_url_for(client.meta.endpoint_url)
    http = httpx.Client(verify=tls, proxy=proxy, trust_env=False, timeout=bounds.answer_s)
    client.meta.events.register("before-send.s3", S3Transport(http, bounds, what).send)


class S3Transport:
    """Sends the requests that botocore has signed; it is called by botocore's event `before-send`."""

    def __init__(self, client: httpx.Client, bounds: CallBounds, what: str = FEED_STORE) -> None:
        self._client, self._bounds, self._what = client, bounds, what

    def send(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """The answer. TooSlow and AnswerMalformed are final; after a failed connection botocore tries again."""
        our_request = httpx.Request(
            request.method,
            request.url,
            headers={**_headers(request), "Accept-Encoding": "identity"},
            content=_content(request.body),
            extensions={"target": _target(request.url), "timeout": self._client.timeout.as_dict()},
        )
        try:
            response = open_answer(self._client, our_request, self._what, self._bounds, is_stream=request.stream_output)
            is_object = request.stream_output and response.status_code < 300
            raw = _Raw(response, self._bounds.max_bytes if is_object else WORDS_MAX_BYTES, self._what)
            answer = AWSResponse(request.url, response.status_code, response.headers, raw)
            if not is_object:
                answer.content  # noqa: B018 - reads the body, so that it is part of the call
        except (TooSlow, AnswerMalformed):
            raise
        except Transient as error:
            raise ConnectionClosedError(endpoint_url=request.url, error=error) from error
        return answer


class _Raw:
    """The body as botocore reads it, with a limit on its bytes."""

    def __init__(self, response: httpx.Response, max_bytes: int, what: str) -> None:
        self._response, self._max_bytes, self._what = response, max_bytes, what
        self._blocks: Iterator[bytes] | None = None
        self._rest = bytearray()

    def stream(self, *_: Any, **__: Any) -> Iterator[bytes]:
        """Every block of it."""
        arrived = 0
        try:
            with transport_failures(self._what):
                for block in self._response.iter_raw():
                    arrived += len(block)
                    if arrived > self._max_bytes:
                        raise AnswerMalformed(f"{self._what} sends more than {self._max_bytes:,} bytes")
                    yield block
        finally:
            self.close()

    def read(self, amt: int | None = None, **_: Any) -> bytes:
        """`amt` bytes, fewer only at the end; without a number all of them."""
        self._blocks = self._blocks or self.stream()
        for block in self._blocks:
            self._rest += block
            if amt is not None and len(self._rest) >= amt:
                break
        amt = len(self._rest) if amt is None else amt
        with memoryview(self._rest) as rest:  # a slice of it copies nothing
            content = bytes(rest[:amt])
        del self._rest[:amt]
        return content

    def close(self) -> None:
        """Closes the connection."""
        self._response.close()


def _headers(request: AWSPreparedRequest) -> dict[str, str]:
    return {
        name: value.decode("latin-1") if isinstance(value, bytes) else str(value)
        for name, value in request.headers.items()
        if name.lower() not in NOT_SENT
    }


def _content(body: Any) -> bytes | Iterator[bytes] | None:
    if body is None or isinstance(body, bytes | bytearray):
        return bytes(body) if body is not None else None
    if isinstance(body, str):
        return body.encode()
    return iter(lambda: body.read(BLOCK_BYTES), b"")


def _target(url: str) -> bytes:
    """Path and query exactly as they were signed."""
    return f"/{url.partition('://')[2].partition('/')[2]}".encode()
