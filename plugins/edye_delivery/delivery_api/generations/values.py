"""What publishers hand over, what readers ask for, and what both get back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from edye_delivery.catalog.vocabulary import ListName

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reason(StrEnum):
    """Why an item left, as the contract's tombstone says it."""

    WITHDRAWN = "withdrawn"
    INVISIBLE = "invisible"
    TAG = "tag"
    GEO = "geo"
    WINDOW_ENDED = "window_ended"
    REJECTED = "rejected"
    DELETED = "deleted"


@dataclass(frozen=True, slots=True)
class ItemChange:
    """An item as it is now, or that it left; `body` is a JSON object without updated_at, None where it left.

    `reason` and `external_id` are for the tombstone. `geo` empty means everywhere. Readers do not see the item from
    `end_ms` on (unix milliseconds).
    """

    list: ListName
    id: str
    body: bytes | None
    reason: str = ""
    external_id: str = ""
    show_id: str = ""
    season_number: int | None = None
    tags: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    langs: tuple[str, ...] = ()
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader narrows a list to; empty asks for everything."""

    tag: str = ""
    geo: str = ""
    lang: str = ""
    show_id: str = ""
    season_number: int | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is left out."""
        return self == NO_FILTERS


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order (updated_at, id): after that item, or, where `id` is None, from that millisecond on."""

    updated_ms: int
    id: str | None = None


@dataclass(frozen=True, slots=True)
class PageBytes:
    """JSON objects joined by commas, how many they are, and the keys `<updated_at ms>:<id>` of the first and last."""

    body: bytes
    items: int
    first_key: str = ""
    last_key: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """One item by its id: its JSON object, or that it left (then the object is its tombstone, or empty)."""

    body: bytes
    is_deleted: bool
    updated_ms: int
    end_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ListChanges:
    """How many items of a list a build added, changed, removed, and found as they were."""

    added: int = 0
    changed: int = 0
    removed: int = 0
    unchanged: int = 0


@dataclass(frozen=True, slots=True)
class Built:
    """A generation that is written, and not yet read by anybody.

    `is_new` is false where nothing changed: then `number` is the base's, and nothing was written. `as_of_ms` is the
    updated_at of all that changed in it.
    """

    number: int
    as_of_ms: int
    version: int
    is_new: bool
    changes: dict[ListName, ListChanges] = field(default_factory=dict)
    bytes_written: int = 0


def moment_text(unix_ms: int) -> str:
    """A moment as items say it: RFC 3339 in UTC with milliseconds."""
    return (EPOCH + timedelta(milliseconds=unix_ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def unix_ms_of(moment: datetime) -> int:
    """An aware moment in milliseconds since 1970, rounded down."""
    return (moment - EPOCH) // timedelta(milliseconds=1)


def key_of(updated_ms: int, item_id: str) -> str:
    """What names a state of an item: `<updated_at ms>:<id>`."""
    return f"{updated_ms}:{item_id}"
