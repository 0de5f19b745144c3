"""Sends the Elasticsearch client's calls through our HTTP, so that each has a deadline and its answer a size limit."""

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
    """One address of a cluster. It asks for uncompressed answers, and compresses requests where the client says so."""

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
        """One call; ConnectionTimeout, TlsError or ConnectionError where there is no complete answer."""
        all_headers = {**self._headers, **(headers or {}), "accept-encoding": "identity"}
        if body and self._http_compress:
            body, all_headers["content-encoding"] = gzip.compress(body), "gzip"
        request = self._client.build_request(method, target, content=body, headers=all_headers)
        started = time.perf_counter()
        try:
            answer = exchange(self._client, request, "Elasticsearch", self._bounds)
            if method != "HEAD" and "json" in answer.headers.get("content-type", ""):
                answer.json("Elasticsearch")  # refuses JSON that is nested too deeply, or has an endless number
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
    checked_ids: set[int] = set()
    while error is not None and id(error) not in checked_ids:
        if isinstance(error, ssl.SSLError):
            return True
        checked_ids.add(id(error))
        error = error.__cause__ or error.__context__
    return False
