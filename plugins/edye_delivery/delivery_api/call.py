"""One call while it is answered: what the client sent, and what the server found out about it; its line of the log."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from edye_delivery.catalog.api_call import CallLine, level_of
from edye_delivery.catalog.printable import printable
from edye_delivery.delivery_api.answers import Answer
from edye_delivery.delivery_api.endpoints import NOWHERE, Route, route_of
from edye_delivery.delivery_api.parameters import known_texts
from edye_delivery.delivery_api.tokens import Identity

REQUEST_ID = re.compile(rb"[A-Za-z0-9._-]{1,128}")
COUNTRY = re.compile(rb"[A-Za-z]{2}")
USER_AGENT_MAX_CHARS = 200
AGENTS_KEPT = 256
Header = tuple[bytes, bytes]


@dataclass(slots=True)
class Call:
    """What a client asks; `who`, `known` and `headers` are filled in while the answer is made.

    `id` is ours and unique; `request_id` is the client's, or ours where it has none that fits the contract.
    """

    id: str
    at: datetime
    begun_s: float
    method: str = "GET"
    route: Route = NOWHERE
    query: bytes = b""
    request_id: str = ""
    authorization: list[bytes] = field(default_factory=list)
    none_match: bytes | None = None
    accept_encoding: bytes | None = None
    user_agent: bytes | None = None
    country: bytes | None = None
    who: Identity | None = None
    known: str | None = None
    headers: list[Header] = field(default_factory=list)
    """Headers that the answer has whatever its status."""


def call_of(
    method: str,
    path: str,
    query: bytes,
    headers: Iterable[Header],
    *,
    id_: str,
    at: datetime,
    begun_s: float,
    country_header: bytes | None,
) -> Call:
    """The call; of headers that the API does not know nothing is kept."""
    call = Call(id_, at, begun_s, method, route_of(path), query, id_)
    for name, value in headers:
        if name == b"authorization":
            call.authorization.append(value)
        elif name == b"if-none-match":
            call.none_match = value if call.none_match is None else call.none_match + b"," + value
        elif name == b"accept-encoding":
            call.accept_encoding = value if call.accept_encoding is None else call.accept_encoding + b"," + value
        elif name == b"user-agent":
            call.user_agent = value
        elif name == b"x-request-id":
            if REQUEST_ID.fullmatch(value):
                call.request_id = value.decode("ascii")
        elif name == country_header:
            call.country = value
    return call


def line_of(call: Call, answer: Answer, *, milliseconds: float, sent_bytes: int, message: str | None) -> CallLine:
    """The call's line of the log; it has no token, and of the query known parameters only."""
    body = answer.body if call.method == "GET" else None
    is_of_items = answer.generation is not None
    known = call.known if call.known is not None else known_texts(call.route.endpoint, call.query)
    agent = None if call.user_agent is None else _agent_of(call.user_agent)
    country = call.country.decode().lower() if call.country and COUNTRY.fullmatch(call.country) else None
    return CallLine(
        id=call.id,
        at=call.at,
        level=level_of(answer.status),
        endpoint=call.route.endpoint.value,
        status=answer.status,
        milliseconds=milliseconds,
        bytes=sent_bytes,
        request_id=call.request_id,
        partner=call.who.partner if call.who else None,
        user=call.who.user if call.who else None,
        items=(body.items if body else 0) if is_of_items else None,
        generation=answer.generation,
        checkpoint_generation=answer.checkpoint_generation,
        first_item=body.first_item if body else None,
        last_item=body.last_item if body else None,
        query=known or None,
        message=message,
        geo=country,
        user_agent=agent,
    )


@lru_cache(AGENTS_KEPT)
def _agent_of(header: bytes) -> str:
    return printable(header.decode("utf-8", "replace"), USER_AGENT_MAX_CHARS)
