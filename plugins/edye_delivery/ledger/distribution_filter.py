"""Which titles a list has, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner, TitleKind
from edye_delivery.catalog.window import Window


@dataclass(frozen=True, slots=True)
class DistributionFilter:
    """Which titles to list: those with a status that all of this is true of, at one of these partners.

    The state began in the half-open `window`. Titles of other partners are never read.
    """

    partners: tuple[str, ...]
    state: DeliveryState | None = None
    cause: Cause | None = None
    owner: Owner | None = None
    window: Window | None = None
    kind: TitleKind | None = None
    lang: str | None = None
    nobody_waits: bool = False


class SortKey(StrEnum):
    """What a list of titles is sorted by."""

    SINCE = "since"
    TITLE = "title"
    EXTERNAL_ID = "external_id"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Order:
    """The order of a list of titles."""

    key: SortKey
    descending: bool = False
