"""One call of the delivery API as its log keeps it: who asked for what, what was answered, how long it took."""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any

import orjson

from edye_delivery.catalog.event import ECS_VERSION, Outcome, document_id_of
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339

DATASET = "ingestalogs.api"
"""What tells calls of the delivery API from steps of deliveries in IngestaLogs."""
NANOSECONDS_A_MILLISECOND = 1_000_000
LOWEST_ERROR = 400
LATENCY_BOUNDS_MS = (5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000)
"""The upper bounds, inclusive, of the counts in an hour's `latencies`; one more count is of what took longer."""
TEXT_MAX_CHARS = {
    "id": 40,
    "level": 8,
    "partner": 64,
    "user": 64,
    "endpoint": 32,
    "first_item": 120,
    "last_item": 120,
    "query": 1200,
    "message": 1000,
    "request_id": 128,
    "geo": 2,
    "user_agent": 200,
}
"""How long each text of a line may be; a longer one is cut."""
WHOLE_NUMBERS = {
    "status": 2**31 - 1,
    "bytes": 2**63 - 1,
    "items": 2**31 - 1,
    "generation": 2**63 - 1,
    "checkpoint_generation": 2**63 - 1,
}
"""The largest value of each whole number of a line."""


class Endpoint(StrEnum):
    """What a call asked for, by the contract's operation; `other` for a path that the contract does not have."""

    SHOW_LIST = "showList"
    EPISODE_LIST = "episodeList"
    SHOW = "show"
    EPISODE = "episode"
    FEED = "feed"
    MEDIA = "media"
    MEDIA_IMAGES = "mediaImages"
    MEDIA_METADATA = "mediaMetadata"
    MEDIA_SOURCE = "mediaSource"
    HEALTH = "health"
    OTHER = "other"


class Level(StrEnum):
    """How a call ended, as a level of a log."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def level_of(status: int) -> Level:
    """Error from 500 on, warning from 400 on, else info."""
    if status >= 500:
        return Level.ERROR
    return Level.WARNING if status >= LOWEST_ERROR else Level.INFO


@dataclass(slots=True, kw_only=True)  # not frozen: one is made for every call, and frozen takes twice as long
class CallLine:
    """One call; what it does not have is None. Nobody changes it.

    `id` is made by the server and unique. `at` is when the call came, aware. `bytes` are those of the body as sent.
    `query` has known parameters only, as sorted `name=value&...`; beside a cursor also the filters and `updated_since`
    that it says. `message` is the problem's type and sentence, for
    status 400 and more. `first_item` and `last_item` are `<updated_at in ms>:<id>` of the page. `geo` is a country in
    lowercase. No field ever has a token.
    """

    id: str
    at: datetime
    level: str
    endpoint: str
    status: int
    milliseconds: float
    bytes: int
    request_id: str
    partner: str | None = None
    user: str | None = None
    items: int | None = None
    generation: int | None = None
    checkpoint_generation: int | None = None
    first_item: str | None = None
    last_item: str | None = None
    query: str | None = None
    message: str | None = None
    geo: str | None = None
    user_agent: str | None = None

    @property
    def document_id(self) -> str:
        """The document's id: each shipment of this call has the same one."""
        return document_id_of(f"api-call\n{self.id}\n{self.at.isoformat()}")

    @property
    def subject(self) -> str:
        """What it is, for a sentence."""
        return f"call {self.id}"

    @property
    def file_stem(self) -> str:
        """The name, below its day, of a file that begins with this call."""
        return f"api-calls-{self.at:%H%M%S}-{self.document_id[:16]}"

    def as_ecs(self) -> dict[str, Any]:
        """The call's document: the fields of the Elastic Common Schema, and ours beside them; none is empty."""
        failed = self.status >= LOWEST_ERROR
        document = {
            "@timestamp": rfc3339(self.at),
            "ecs.version": ECS_VERSION,
            "event.id": self.document_id,
            "event.kind": "event",
            "event.dataset": DATASET,
            "event.action": self.endpoint,
            "event.outcome": (Outcome.FAILURE if failed else Outcome.SUCCESS).value,
            "event.duration": round(self.milliseconds * NANOSECONDS_A_MILLISECOND),
            "log.level": self.level,
            "http.request.id": self.request_id,
            "http.response.status_code": self.status,
            "http.response.body.bytes": self.bytes,
            "url.query": self.query,
            "user.name": self.user,
            "user_agent.original": self.user_agent,
            "client.geo.country_iso_code": self.geo.upper() if self.geo else None,
            "error.message": self.message,
            "partner": self.partner,
            "call_id": self.id,
            "items": self.items,
            "generation": self.generation,
            "checkpoint_generation": self.checkpoint_generation,
            "first_item": self.first_item,
            "last_item": self.last_item,
        }
        return {name: value for name, value in document.items() if value not in (None, "")}


NAMES = tuple(field.name for field in fields(CallLine))
VALUES_OF = attrgetter(*NAMES)
TEXTS_OF, NUMBERS_OF = attrgetter(*TEXT_MAX_CHARS), attrgetter(*WHOLE_NUMBERS)


def pack(line: CallLine) -> bytes:
    """The line as JSON with a line end; texts of the peer are cut and printable, numbers are within their bounds.

    TypeError, ValueError or AttributeError for a line whose values are of other types.
    """
    if line.at.utcoffset() is None:
        raise ValueError(f"the call {line.id!r:.50} has a time without zone")
    if not _is_within_bounds(line):
        line = replace(line, **_cut(line))
    values = dict(zip(NAMES, VALUES_OF(line), strict=True))  # faster than the dataclass itself
    return orjson.dumps(values, option=orjson.OPT_APPEND_NEWLINE)


def _is_within_bounds(line: CallLine) -> bool:
    """Whether the line can be kept as it is, which nearly every line can."""
    for text, max_chars in zip(TEXTS_OF(line), TEXT_MAX_CHARS.values(), strict=True):
        if text is not None and (len(text) > max_chars or not text.isprintable()):
            return False
    for number, most in zip(NUMBERS_OF(line), WHOLE_NUMBERS.values(), strict=True):
        if number is not None and not 0 <= number <= most:
            return False
    return 0 <= line.milliseconds < math.inf


def _cut(line: CallLine) -> dict[str, Any]:
    texts = {name: printable(text, TEXT_MAX_CHARS[name]) for name in TEXT_MAX_CHARS if (text := getattr(line, name))}
    numbers = {
        name: min(max(int(number), 0), most)
        for name, most in WHOLE_NUMBERS.items()
        if (number := getattr(line, name)) is not None
    }
    value = line.milliseconds
    return texts | numbers | {"milliseconds": value if math.isfinite(value) and value > 0 else 0.0}


def unpack(content: bytes) -> CallLine | None:
    """The line of `pack`; None for what is no whole line, such as one that a power cut has cut off."""
    try:
        values = orjson.loads(content)
        return CallLine(**values | {"at": datetime.fromisoformat(values["at"])})
    except (orjson.JSONDecodeError, TypeError, ValueError, KeyError):
        return None


def latency_bucket(milliseconds: float) -> int:
    """The place of a call that took so long among the counts by `LATENCY_BOUNDS_MS`."""
    return bisect_left(LATENCY_BOUNDS_MS, milliseconds)
