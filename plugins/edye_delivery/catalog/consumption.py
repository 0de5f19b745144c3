"""Values on what a partner that pulls has called and fetched, as the ledger's log of calls gives them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

LIST_OF_ENDPOINT = {
    "showList": "shows",
    "show": "shows",
    "episodeList": "episodes",
    "episode": "episodes",
    "feed": "entries",
    "media": "entries",
}
"""Which list the items of an endpoint are of; other endpoints hand out no items."""
LIST_ENDPOINTS = ("showList", "episodeList", "feed")
FILTERS = ("tag", "geo", "lang", "show_id", "season_number")
"""Parameters with which a call hands out some items only."""


class CallClass(StrEnum):
    """How a call was answered, as people count it."""

    OK = "200-299"
    NOT_MODIFIED = "304"
    OTHER = "other"
    REFUSED = "4xx"
    RATE_LIMITED = "429"
    FAILED = "5xx"


def class_of(status: int) -> CallClass:
    """The class of a status; `other` has redirects and what is no answer."""
    if status in (304, 429):
        return CallClass.NOT_MODIFIED if status == 304 else CallClass.RATE_LIMITED
    classes = {2: CallClass.OK, 4: CallClass.REFUSED, 5: CallClass.FAILED}
    return classes.get(status // 100, CallClass.OTHER)


@dataclass(frozen=True, slots=True)
class StatusSum:
    """The calls of one endpoint, user and status within one slot of time; `start_s` is its start in Unix seconds."""

    endpoint: str
    user: str
    status: int
    start_s: int
    calls: int
    bytes: int
    items: int
    timeouts: int


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds within which so many of 100 calls were answered, by nearest rank."""

    p50_ms: float
    p95_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class CallSums:
    """All sums of a window, and percentiles by endpoint and user, by slot, and over all (None without calls).

    They are of the partner's calls; `own_calls` is the number of those of our own checks. `is_exact` is False where the
    lines are not kept any more: the sums are those of whole hours then, and a percentile is the upper bound of the step
    of the histogram that it lies in.
    """

    is_exact: bool
    slot_s: int
    sums: tuple[StatusSum, ...]
    all_calls: Percentiles | None
    by_endpoint: dict[tuple[str, str], Percentiles]
    by_slot: dict[int, Percentiles]
    own_calls: int = 0


@dataclass(frozen=True, slots=True)
class PollSum:
    """How often a user began to read a list: a first page, or a delta from a checkpoint."""

    endpoint: str
    user: str
    polls: int


@dataclass(frozen=True, slots=True)
class CheckpointCall:
    """The last call with a checkpoint: the generation that the checkpoint is of, and the one that was served."""

    endpoint: str
    user: str
    at: datetime
    checkpoint_generation: int
    generation: int | None


@dataclass(frozen=True, slots=True)
class FullSync:
    """The last reading of a list from its start; its pages, and the items on them."""

    endpoint: str
    user: str
    began_at: datetime
    ended_at: datetime
    generation: int | None
    pages: int
    items: int


@dataclass(frozen=True, slots=True)
class ErrorCall:
    """One call of status 400 and more."""

    at: datetime
    user: str
    endpoint: str
    status: int
    milliseconds: float
    message: str
    request_id: str


@dataclass(frozen=True, slots=True)
class HandedOut:
    """The items that calls of one list handed out: all from `first` to `last`, in the order (updated_at in ms, id).

    `is_delta`: they asked for changes, so they told of items that left, too.
    """

    list: str
    first: tuple[int, str]
    last: tuple[int, str]
    items: int
    is_delta: bool


@dataclass(frozen=True, slots=True)
class ExposedTitle:
    """A title that the partner may read in one list, or whose tombstone it may read."""

    list: str
    item_id: str
    updated_at_ms: int
    external_id: str = ""
    title: str = ""
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class UnfetchedTitle:
    """A title that would be accepted if the partner had read it, and since when it waits for that."""

    external_id: str
    title: str
    since: datetime


@dataclass(frozen=True, slots=True)
class Unfetched:
    """How many titles wait until the partner reads them, and the first of them, the oldest first."""

    count: int = 0
    titles: tuple[UnfetchedTitle, ...] = ()


NONE_WAITS = Unfetched()


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many of the exposed titles and tombstones were handed out, and the first of those that never were."""

    exposed: int
    handed_out: int
    not_fetched: tuple[ExposedTitle, ...]
    tombstones: int
    tombstones_handed_out: int
