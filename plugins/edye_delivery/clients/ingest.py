"""A partner's ingest API (contracts/roku-ingest-api.yaml); the annex gives every name that calls and answers use."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

import httpx
import orjson

from edye_delivery.annex.api import ApiChannel
from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.outcome import cause_of, error_of, state_of, tracking_id_of, unlisted_state_clause, value_at
from edye_delivery.annex.template import fill
from edye_delivery.annex.withdrawal import WithdrawalEndpoint
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.catalog.window import rfc3339
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.http import HttpAnswer, bounds_of, exchange, raise_for_transient_or_auth
from edye_delivery.clients.multipart import MultipartBody, MultipartPart
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed

ANSWER_MAX_BYTES = 1024 * 1024
log = logging.getLogger(__name__)


class StateUnlisted(AnswerMalformed):
    """The annex does not list an answer's state; a later answer may have another one, else a person has to add it.

    The message has the word.
    """


@dataclass(frozen=True, slots=True)
class MediaBody:
    """The media of one upload: its size and its bytes in blocks."""

    size_bytes: int
    blocks: Iterable[bytes]


@dataclass(frozen=True, slots=True)
class ExtraPart:
    """A further part of an upload, such as a thumbnail; it is small, so it is kept in memory."""

    name: str
    file_name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Upload:
    """One title as it is sent to the API; `key` is idempotency key and boundary, so resends are the same bytes."""

    key: str
    request_id: str
    file_name: str
    metadata: dict[str, Any]
    media: MediaBody
    extras: tuple[ExtraPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Receipt:
    """The partner has the title, under this tracking id."""

    tracking_id: str
    http_status: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """The partner refused or failed a title: the cause by the annex's table, the partner's words, the tracking id."""

    cause: Cause
    code: str
    text: str
    http_status: int
    tracking_id: str | None = None

    @property
    def sentence(self) -> str:
        """The partner's answer, for a person."""
        return f"the partner answered {self.http_status} {self.code or '(no code)'}: {self.text or '(no text)'}"


@dataclass(frozen=True, slots=True)
class IngestStatus:
    """The state of one ingest; `refusal` is set where the state is `error`."""

    tracking_id: str
    state: IngestState
    refusal: Refusal | None = None


class IngestApi:
    """Uploads titles; the httpx client has base URL, token and time-outs, `mask` hides the token.

    Every call ends at `ends_at_s` on the monotonic clock at the latest.
    """

    def __init__(
        self,
        client: httpx.Client,
        annex: Annex,
        clock: Clock,
        mask: SecretMask = NO_SECRETS,
        ends_at_s: float = math.inf,
    ) -> None:
        self._client, self._annex, self._clock, self._mask = client, annex, clock, mask
        self._channel = api_channel_of(annex)
        self._bounds = replace(bounds_for(client, self._channel), ends_at_s=ends_at_s)

    def send(self, upload: Upload) -> Receipt | Refusal:
        """Sends one title in one call; raises AuthRefused, or Transient where the same call may succeed later.

        After a Transient the partner may have the title nevertheless: only its answer was lost.
        """
        channel, what = self._channel, f"{self._annex.display_name}'s ingest of {upload.file_name}"
        body = MultipartBody(self._parts(upload), boundary=f"edye-{upload.key[:40]}")
        request = self._client.build_request(
            "POST",
            channel.ingest_path,
            content=body.blocks(),
            headers={
                "Content-Type": body.content_type,
                "Content-Length": str(body.size_bytes),
                channel.idempotency_key_header: upload.key,
                channel.request_id_header: upload.request_id,
            },
        )
        answer = exchange(self._client, request, what, self._bounds, self._mask)
        raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        if not 200 <= answer.status < 300:
            return _refusal(self._annex, channel, answer)
        content = answer.json(what)
        if state_of(channel, content) is IngestState.ERROR:
            return _refusal(self._annex, channel, answer)
        tracking_id = tracking_id_of(channel, content)
        unlisted = None if state_of(channel, content) else _state_unlisted(channel, what, answer, content)
        if unlisted and (tracking_id is None or not isinstance(value_at(content, channel.state_key), str)):
            raise unlisted
        if tracking_id is None:
            raise AnswerMalformed(f"{what} was answered {answer.status} without a tracking id").with_answer(
                answer.status
            )
        if self._mask.certain.holds(tracking_id):
            raise AnswerMalformed(f"{what} was answered with a tracking id that repeats our own secret").with_answer(
                answer.status
            )
        if unlisted:  # the partner has the title, and this id is enough to ask for its next states
            log.warning("%s", unlisted)
        return Receipt(tracking_id, answer.status)

    def withdraw(
        self, external_id: str, request_id: str, end_at: datetime | None, endpoint: WithdrawalEndpoint
    ) -> HttpAnswer | Refusal:
        """Tells the partner that a title is withdrawn, or until when it is offered; safe to repeat.

        Raises AuthRefused, or Transient where the same call may succeed later. An answer that the partner does not have
        the title any more counts as success.
        """
        what = f"{self._annex.display_name}'s withdrawal of {external_id}"
        path = fill(endpoint.path, {"external_id": quote(external_id, safe="")})
        query = {endpoint.end_at_parameter: rfc3339(end_at)} if endpoint.end_at_parameter and end_at else None
        headers = {self._channel.request_id_header: request_id}
        request = self._client.build_request(endpoint.method, path, params=query, headers=headers)
        answer = exchange(self._client, request, what, self._bounds, self._mask)
        if answer.status in endpoint.gone_statuses or 200 <= answer.status < 300:
            return answer
        raise_for_transient_or_auth(answer.status, answer.headers, what, self._clock.now())
        return _refusal(self._annex, self._channel, answer)

    def _parts(self, upload: Upload) -> list[MultipartPart]:
        channel, metadata = self._channel, orjson.dumps(upload.metadata)
        parts = [
            MultipartPart(channel.metadata_part, "application/json", None, len(metadata), [metadata]),
            MultipartPart(
                channel.file_part, channel.file_type, upload.file_name, upload.media.size_bytes, upload.media.blocks
            ),
        ]
        for extra in upload.extras:
            parts.append(
                MultipartPart(extra.name, extra.content_type, extra.file_name, len(extra.content), [extra.content])
            )
        return parts


def bounds_for(
    client: httpx.Client | httpx.AsyncClient, channel: ApiChannel, max_bytes: int = ANSWER_MAX_BYTES
) -> CallBounds:
    """The bounds of one call of the partner's API: the client's time-out, the annex's rate, a small answer."""
    return bounds_of(client, max_bytes, channel.least_rate_bytes_s)


def status_request(client: httpx.Client | httpx.AsyncClient, channel: ApiChannel, tracking_id: str) -> httpx.Request:
    """The call that asks for the state of an ingest; the same for a sync and an async client."""
    return client.build_request("GET", channel.status_path, params={channel.status_id_parameter: tracking_id})


def read_status(annex: Annex, tracking_id: str, answer: HttpAnswer, now: datetime) -> IngestStatus:
    """The state of the ingest, from any 2xx answer; raises AuthRefused, or Transient where asking again may help.

    StateUnlisted where the answer has no state that the annex lists. An ingest that the partner does not know (404)
    has failed with the cause by the annex's table, and a person has to look.
    """
    channel = api_channel_of(annex)
    what = f"{annex.display_name}'s status of {tracking_id}"
    raise_for_transient_or_auth(answer.status, answer.headers, what, now)
    if not 200 <= answer.status < 300:
        refusal = _refusal(annex, channel, answer)
        return IngestStatus(tracking_id, IngestState.ERROR, refusal)
    content = answer.json(what)
    state = state_of(channel, content)
    if state is None:
        raise _state_unlisted(channel, what, answer, content)
    refusal_or_none = _refusal(annex, channel, answer) if state is IngestState.ERROR else None
    return IngestStatus(tracking_id, state, refusal_or_none)


def _state_unlisted(channel: ApiChannel, what: str, answer: HttpAnswer, content: Any) -> StateUnlisted:
    clause = unlisted_state_clause(channel.states, value_at(content, channel.state_key), answer.mask.words)
    return StateUnlisted(f"{what}: the answer {answer.status} {clause}").with_answer(answer.status)


def _refusal(annex: Annex, channel: ApiChannel, answer: HttpAnswer) -> Refusal:
    content = answer.json_or_none()
    code, text = error_of(channel, content, answer.mask.words)
    cause = cause_of(annex, http_status=answer.status, code=code, text=text)
    tracking_id = tracking_id_of(channel, content)
    if tracking_id is not None and answer.mask.certain.holds(tracking_id):
        tracking_id = None
    return Refusal(cause, code, text, answer.status, tracking_id)
