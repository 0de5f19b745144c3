"""The feed writers by their names in an annex. A feed of another shape is a new writer here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any, Protocol

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.errors import AnnexInvalid
from edye_delivery.feeds.roku.item import FeedItem
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.write.direct_publisher.rows import DefectOfRow
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.grouping import Show
from edye_delivery.feeds.write.live import LiveWriter
from edye_delivery.feeds.write.notes import Notes
from edye_delivery.feeds.write.search import SearchWriter


class PagedWriter(Protocol):
    """Turns accepted titles, show by show, into the items of a feed that is cut into pages."""

    notes: Notes

    def head(self) -> dict[str, Any]:
        """The root without its items."""

    def stations(self) -> Iterator[FeedItem]:
        """The items that come before all shows."""

    def items_of(self, show: Show) -> Iterable[FeedItem]:
        """The items of a show, by its titles alone; what had to be left out is in `notes`."""


FeedWriter = PagedWriter | DirectWriter

WRITERS: dict[str, Callable[[Annex, FeedSpec, datetime, DefectOfRow], FeedWriter]] = {
    "roku_search": lambda annex, spec, now, _: SearchWriter(annex, spec, now),
    "roku_live": lambda annex, spec, now, _: LiveWriter(annex, spec, now),
    "roku_direct_publisher": DirectWriter,
}


def writer_of(annex: Annex, spec: FeedSpec, now: datetime, defect_of_row: DefectOfRow) -> FeedWriter:
    """The writer that the annex names; AnnexInvalid if there is none."""
    if spec.writer not in WRITERS:
        known = ", ".join(WRITERS)
        raise AnnexInvalid(
            f"{annex.partner}: the feed {spec.name} names the unknown writer {spec.writer!r}; known are {known}"
        )
    return WRITERS[spec.writer](annex, spec, now, defect_of_row)


def profile_of(spec: FeedSpec) -> Profile:
    """How strictly the feed is checked before it is published.

    The published schema does not know live channels, nor the spelling of Roku's samples: it refuses a feed with either.
    """
    return Profile.ROKU if spec.channels or spec.spelling == "samples" else Profile.SCHEMA
