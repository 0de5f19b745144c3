"""What a partner that pulls has to see: the values that the ledger gives to the exposure check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from edye_delivery.catalog.digest import canonical_json
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.vocabulary import ListName

DIGEST_BYTES = 16
SUM_MODULUS = 2**64
UPDATED_AT = "updated_at"


@dataclass(frozen=True, slots=True)
class ExpectedThumbnail:
    """One of an item's custom thumbnails as the annex asks for it."""

    name: str
    width_px: int
    height_px: int
    watermark: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class ExpectedItem:
    """One item of a list that the partner has to see.

    `external_id` is empty for a series. `digest` is `item_digest` of the item as it was written into the generation;
    where it is empty, the content is not compared. `is_new`: the item changed with the generation that is checked, so
    it has to be in the delta, and all its addresses are asked for. An item is not expected before `opens_at` and from
    `closes_at` on.
    """

    list: ListName
    id: str
    external_id: str = ""
    digest: str = ""
    show_id: str = ""
    season_number: int | None = None
    episode_number: int | None = None
    tags: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    thumbnails: tuple[ExpectedThumbnail, ...] = ()
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class RemovedItem:
    """One item that the partner must not see any more; `reason` is the contract's, as its tombstone gives it.

    `is_new`: it left with the generation that is checked, so its tombstone has to be in the delta.
    """

    list: ListName
    id: str
    reason: str
    external_id: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Expected:
    """What one partner has to see of one generation.

    `items` are all items of the lists, or a sample for the hourly check; they are read once. `counts` are the numbers
    of visible items by list, whether or not `items` has them all. `checkpoints` are those of the last check of an
    earlier generation, by list: without one the delta is not checked. `foreign_ids` are items that only other partners
    may see, at most one a list.
    """

    generation: int
    counts: Mapping[ListName, int]
    items: Iterable[ExpectedItem | RemovedItem]
    checkpoints: Mapping[ListName, str] = field(default_factory=dict)
    foreign_ids: Mapping[ListName, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExposureFinding:
    """What a rule found; list and ids are empty where it is about no item."""

    finding: Finding
    list: ListName | None = None
    item_id: str = ""
    external_id: str = ""


def item_digest(item: Mapping[str, Any]) -> str:
    """The name of an item's content, in 32 hex digits: of all its keys but updated_at, in any order.

    Empty for a value that no item of ours can have, such as a number beyond 64 bits.
    """
    try:
        content = canonical_json({key: value for key, value in item.items() if key != UPDATED_AT})
    except TypeError:
        return ""
    return sha256(content).hexdigest()[: 2 * DIGEST_BYTES]


def sum_of(total: int, digest: str) -> int:
    """A list's sum with one more item; the order of the items does not matter."""
    return (total + int(digest[:16] or "0", 16)) % SUM_MODULUS
