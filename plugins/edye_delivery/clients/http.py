"""HTTP answers as values and errors: bounded bodies, one table from status codes to Transient or Terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson

from edye_delivery.clients.patience import parse_retry_after
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, Transient

TRANSIENT_STATUSES = frozenset({408, 425, 429})
ANSWER_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer: status code, headers and a body that is not larger than it was allowed to be."""

    status: int
    headers: httpx.Headers
    content: bytes
    mask: SecretMask = NO_SECRETS
    """What a sentence about the answer must not repeat."""

    def json(self, what: str) -> Any:
        """The body as JSON; AnswerMalformed says whose answer is not."""
        try:
            return parse_json(self.content)
        except ValueError as error:
            raise AnswerMalformed(f"{what} answered {self.status} with a body that is not JSON ({error})").answered(
                self.status
            ) from error

    def json_or_none(self) -> Any:
        """The body as JSON, or None: for answers that are errors anyway."""
        try:
            return parse_json(self.content)
        except ValueError:
            return None


def parse_json(content: bytes) -> Any:
    """The JSON value of a text; ValueError where there is none.

    A text with half a character in one item is refused whole by the fast parser; the slow one lets it through, so that
    it costs only that item.
    """
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            return json.loads(content)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def is_transient_status(status: int) -> bool:
    """Whether the same call may succeed later."""
    return status in TRANSIENT_STATUSES or status >= 500


def exchange(
    client: httpx.Client,
    request: httpx.Request,
    what: str,
    max_bytes: int = ANSWER_MAX_BYTES,
    mask: SecretMask = NO_SECRETS,
) -> HttpAnswer:
    """Sends the request and reads the whole answer; every transport failure is a Transient that names `what`.

    `mask` knows the client's secrets: neither an error nor a sentence about the answer repeats them.
    """
    with transport_failures(what, mask):
        response = client.send(request, stream=True)
        try:
            body = bytearray()
            for block in response.iter_bytes(65536):
                body += block
                _check_size(body, what, response.status_code, max_bytes)
            return HttpAnswer(response.status_code, response.headers, bytes(body), mask)
        finally:
            response.close()


async def exchange_async(
    client: httpx.AsyncClient,
    request: httpx.Request,
    what: str,
    max_bytes: int = ANSWER_MAX_BYTES,
    mask: SecretMask = NO_SECRETS,
) -> HttpAnswer:
    """As `exchange`, on an event loop."""
    with transport_failures(what, mask):
        response = await client.send(request, stream=True)
        try:
            body = bytearray()
            async for block in response.aiter_bytes(65536):
                body += block
                _check_size(body, what, response.status_code, max_bytes)
            return HttpAnswer(response.status_code, response.headers, bytes(body), mask)
        finally:
            await response.aclose()


@contextmanager
def transport_failures(what: str, mask: SecretMask = NO_SECRETS) -> Iterator[None]:
    """Turns time-outs, resets and protocol breaks of httpx into a Transient with a sentence.

    No error that leaves the block repeats what `mask` hides: a library's words may hold a proxy's password or a line of
    the answer.
    """
    with mask.errors():
        try:
            yield
        except httpx.TimeoutException as error:
            raise Transient(f"{what} did not answer in time ({type(error).__name__})") from error
        except (httpx.TransportError, httpx.StreamError, httpx.DecodingError) as error:
            raise Transient(f"{what}: the connection failed ({type(error).__name__}: {error})") from error


def raise_for_transient_or_auth(status: int, headers: httpx.Headers, what: str, now: datetime) -> None:
    """Raises AuthRefused on 401 and 403, Transient (with Retry-After) on 408, 425, 429 and 5xx; else returns."""
    if status in (401, 403):
        told = "refused our token" if status == 401 else "does not permit this call"
        raise AuthRefused(f"{what} {told} ({status}): check the password of its connection, then run again").answered(
            status
        )
    if is_transient_status(status):
        retry_after_s = parse_retry_after(headers.get("retry-after"), now)
        wish = f", asks to wait {retry_after_s:.0f} s" if retry_after_s is not None else ""
        raise Transient(f"{what} answered {status}{wish}", retry_after_s).answered(status)


def _check_size(body: bytearray, what: str, status: int, max_bytes: int) -> None:
    if len(body) > max_bytes:
        raise AnswerMalformed(f"{what} answered {status} with more than {max_bytes} bytes").answered(status)
