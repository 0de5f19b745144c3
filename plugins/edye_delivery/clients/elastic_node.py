"""What carries the Elasticsearch client's calls: our HTTP, so that each has a deadline and its answer a bound."""

from __future__ import annotations

import gzip
import ssl
import time
from typing import Any

import httpx
from elastic_transport import (
    ApiResponseMeta,
    BaseNode,
    ConnectionError,
    ConnectionTimeout,
    HttpHeaders,
    NodeConfig,
    TlsError,
)
from elastic_transport._node import NodeApiResponse
from elastic_transport.client_utils import DEFAULT

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import exchange
from edye_delivery.errors import AnswerMalformed, TooSlow, Transient

ANSWER_MAX_BYTES = 16 * 1024 * 1024
"""A bulk answer has some 300 bytes an event, and a call has 2,000 events."""


class BoundedNode(BaseNode):
    """One address of a cluster. Answers are asked for unpacked; what is sent is packed where the client says so."""

    _CLIENT_META_HTTP_CLIENT = ("hx", httpx.__version__)

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self._bounds = CallBounds(answer_s=config.request_timeout or 60.0, max_bytes=ANSWER_MAX_BYTES)
        self._client = httpx.Client(
            base_url=self.base_url, verify=config.ssl_context or True, timeout=config.request_timeout
        )

    def perform_request(
        self, method: str, target: str, body: bytes | None = None, headers: Any = None, request_timeout: Any = DEFAULT
    ) -> NodeApiResponse:
        """One call; ConnectionTimeout, TlsError or ConnectionError where there is no whole answer that can be read."""
        sent = {**self._headers, **(headers or {}), "accept-encoding": "identity"}
        if body and self._http_compress:
            body, sent["content-encoding"] = gzip.compress(body), "gzip"
        request = self._client.build_request(method, target, content=body, headers=sent)
        started = time.perf_counter()
        try:
            answer = exchange(self._client, request, "Elasticsearch", self._bounds)
            if method != "HEAD" and "json" in answer.headers.get("content-type", ""):
                answer.json("Elasticsearch")  # deeper than a parser goes, or a number without end
        except TooSlow as error:
            raise ConnectionTimeout(error.message, errors=(error,)) from error
        except AnswerMalformed:
            raise
        except Transient as error:
            kind = TlsError if _is_about_the_certificate(error) else ConnectionError
            raise kind(error.message, errors=(error,)) from error
        seconds = time.perf_counter() - started
        meta = ApiResponseMeta(answer.status, "1.1", HttpHeaders(answer.headers), seconds, self.config)
        return NodeApiResponse(meta, answer.content)

    def close(self) -> None:
        """Closes the connections."""
        self._client.close()


def _is_about_the_certificate(error: BaseException | None) -> bool:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        if isinstance(error, ssl.SSLError):
            return True
        seen.add(id(error))
        error = error.__cause__ or error.__context__
    return False
