"""What a writer makes of one show: its items, what had to be left out, and when time alone changes that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from edye_delivery.catalog.order import Accepted, show_key
from edye_delivery.feeds.roku.item import FeedItem
from edye_delivery.feeds.write.grouping import Show, shows_of
from edye_delivery.feeds.write.notes import Note
from edye_delivery.feeds.write.values import epoch_ms
from edye_delivery.feeds.write.writers import PagedWriter

STATIONS = ""
"""The key of the live channels, which come before all shows."""


class WrittenShow(NamedTuple):
    """All that a feed has of one show.

    `key` sorts shows as the ledger does. `ends_ms` is the next end of an availability: from then on, the same titles
    make other items. None where no end is to come.
    """

    key: str
    ends_ms: int | None
    notes: Sequence[Note]
    items: Sequence[FeedItem]


def write_shows(writer: PagedWriter, accepted: Iterable[Accepted], now: datetime) -> Iterator[WrittenShow]:
    """Every show in the ledger's order, the live channels first; only one show at a time is in memory."""
    stations = list(writer.stations())
    if stations:
        yield WrittenShow(STATIONS, None, (), stations)
    for show in shows_of(accepted):
        items = list(writer.items_of(show))
        yield WrittenShow(show_key(show.title_id), _next_end_ms(show, now), writer.notes.take(), items)


def _next_end_ms(show: Show, now: datetime) -> int | None:
    now_ms, next_ms = None, None
    for versions in show.items:
        for title in versions.titles:
            if title.availability.end is not None:
                now_ms = epoch_ms(now) if now_ms is None else now_ms
                end_ms = epoch_ms(title.availability.end)
                if end_ms > now_ms and (next_ms is None or end_ms < next_ms):
                    next_ms = end_ms
    return next_ms
