"""Makes HTTP calls whose answers are values or our errors: limited bodies, one mapping of status codes to errors."""

from __future__ import annotations

import json
import math
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx
import orjson

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.bodies import ACCEPTED, PLAIN, async_body_blocks, body_blocks
from edye_delivery.clients.bounds import ANSWER_MAX_BYTES, ANSWER_S, CallBounds
from edye_delivery.clients.exchange import begin_exchange
from edye_delivery.clients.network import bind
from edye_delivery.clients.retry import parse_retry_after
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, MediaTooLarge, Transient

JSON_NESTS_MAX = 300_000
"""The most lists and objects in a text: parsed, `{},{},` takes 30 times its bytes. A page of 1,000 items has 60,000."""
JSON_DIGITS_MAX = 40
"""More than 64 bits, because a tracking id may be a long number; Python itself refuses numbers of 4,301 digits."""
ERRORS_FROM = 400
TRANSIENT_STATUSES = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A whole answer: status code, headers and a body that is not larger than it was allowed to be."""

    status: int
    headers: httpx.Headers
    content: bytes
    mask: SecretMask = NO_SECRETS
    """Hides the secrets that a sentence about the answer must not repeat."""

    def json(self, what: str) -> Any:
        """The body as JSON; else AnswerMalformed, which says whose answer it is."""
        try:
            return parse_json(self.content)
        except ValueError as error:
            raise AnswerMalformed(f"{what} answered {self.status} with a body that is not JSON ({error})").with_answer(
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

    The fast parser refuses a whole text where one item has half a character or an endless number. The slow one accepts
    it, with NaN for the number, so that only this one item is refused later.
    """
    if content.count(b"{") + content.count(b"[") > JSON_NESTS_MAX:
        raise ValueError(f"more than {JSON_NESTS_MAX:,} lists and objects")
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        try:
            return json.loads(content, parse_int=_number_of)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


def _number_of(digits: str) -> float:
    return int(digits) if len(digits) <= JSON_DIGITS_MAX else math.nan


def is_transient_status(status: int) -> bool:
    """Whether the same call may succeed later."""
    return status in TRANSIENT_STATUSES or status >= 500


def exchange(
    client: httpx.Client,
    request: httpx.Request,
    what: str,
    bounds: CallBounds | None = None,
    mask: SecretMask = NO_SECRETS,
) -> HttpAnswer:
    """Sends the request and reads the whole answer; every transport failure is a Transient that names `what`.

    Where the body of an error (400 and above) is too large or cannot be decompressed, the answer has the part before.
    Without bounds the client's own time-out is the deadline. `mask` hides the client's secrets in errors and in
    sentences about the answer.
    """
    bounds = bounds or bounds_of(client)
    _ask_for_one_layer(request)
    response = open_answer(client, request, what, bounds, mask=mask)
    content = bytearray()
    with transport_failures(what, mask), _answer_bounds(what, response.status_code, bounds):
        try:
            for block in body_blocks(response, what, bounds.max_bytes):
                content += block
        finally:
            response.close()
    return HttpAnswer(response.status_code, response.headers, bytes(content), mask)


async def exchange_async(
    client: httpx.AsyncClient,
    request: httpx.Request,
    what: str,
    bounds: CallBounds | None = None,
    mask: SecretMask = NO_SECRETS,
) -> HttpAnswer:
    """As `exchange`, on an event loop."""
    bounds = bounds or bounds_of(client)
    _ask_for_one_layer(request)
    response = await open_answer_async(client, request, what, bounds, mask=mask)
    content = bytearray()
    with transport_failures(what, mask), _answer_bounds(what, response.status_code, bounds):
        try:
            async for block in async_body_blocks(response, what, bounds.max_bytes):
                content += block
        finally:
            await response.aclose()
    return HttpAnswer(response.status_code, response.headers, bytes(content), mask)


def _ask_for_one_layer(request: httpx.Request) -> None:
    """Replaces httpx's own list of compressions; a request that wants none is left as it is."""
    if request.headers.get("Accept-Encoding") != PLAIN:
        request.headers["Accept-Encoding"] = ACCEPTED


def open_answer(
    client: httpx.Client,
    request: httpx.Request,
    what: str,
    bounds: CallBounds,
    *,
    is_stream: bool = False,
    mask: SecretMask = NO_SECRETS,
) -> httpx.Response:
    """The answer with its body unread; the caller closes it. Redirects are not followed.

    The deadline is for the whole answer; for a stream it is for the head, and then the least rate counts.
    """
    bind(client, request)
    call = begin_exchange(request, what, bounds)
    with transport_failures(what, mask):
        response = client.send(request, stream=True, follow_redirects=False)
    if is_stream:
        call.begin_stream()
    return response


async def open_answer_async(
    client: httpx.AsyncClient,
    request: httpx.Request,
    what: str,
    bounds: CallBounds,
    *,
    is_stream: bool = False,
    mask: SecretMask = NO_SECRETS,
) -> httpx.Response:
    """As `open_answer`, on an event loop."""
    bind(client, request)
    call = begin_exchange(request, what, bounds)
    with transport_failures(what, mask):
        response = await client.send(request, stream=True, follow_redirects=False)
    if is_stream:
        call.begin_stream()
    return response


@asynccontextmanager
async def open_stream(
    client: httpx.AsyncClient, url: httpx.URL, headers: dict[str, str], what: str
) -> AsyncIterator[httpx.Response]:
    """The answer to a GET, its body unread; the body has to keep the least rate; closed on leaving."""
    request = client.build_request("GET", url, headers=headers)
    response = await open_answer_async(client, request, what, bounds_of(client), is_stream=True)
    try:
        yield response
    finally:
        await response.aclose()


def bounds_of(
    client: httpx.Client | httpx.AsyncClient,
    max_bytes: int = ANSWER_MAX_BYTES,
    least_rate_bytes_s: float = LEAST_RATE_BYTES_S,
) -> CallBounds:
    """The client's time-out as the deadline of a whole answer."""
    return CallBounds(client.timeout.read or ANSWER_S, least_rate_bytes_s, max_bytes=max_bytes)


@contextmanager
def _answer_bounds(what: str, status: int, bounds: CallBounds) -> Iterator[None]:
    """Raises AnswerMalformed, with the status, where an answer is too large or has another compression.

    For an error only its status counts, whatever its body is.
    """
    try:
        yield
    except MediaTooLarge as error:
        if status < ERRORS_FROM:
            message = f"{what} answered {status} with more than {bounds.max_bytes:,} bytes"
            raise AnswerMalformed(message).with_answer(status) from error
    except AnswerMalformed as error:
        if status < ERRORS_FROM:
            error.with_answer(status)
            raise


@contextmanager
def transport_failures(what: str, mask: SecretMask = NO_SECRETS) -> Iterator[None]:
    """Turns time-outs, resets and protocol errors of httpx into a Transient with a sentence.

    No error that leaves the block repeats what `mask` hides: a library's message may have a proxy's password or a line
    of the answer in it.
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
        refusal = "refused our token" if status == 401 else "does not permit this call"
        raise AuthRefused(
            f"{what} {refusal} ({status}): check the password of its connection, then run again"
        ).with_answer(status)
    if is_transient_status(status):
        retry_after_s = parse_retry_after(headers.get("retry-after"), now)
        wish = f", asks to wait {retry_after_s:.0f} s" if retry_after_s is not None else ""
        raise Transient(f"{what} answered {status}{wish}", retry_after_s).with_answer(status)
