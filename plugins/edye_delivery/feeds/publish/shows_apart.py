"""Writes some shows of a feed apart from the others, so that several processes can write a feed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jobs import Answer
from edye_delivery.catalog.stored_title import StoredTitle
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.publish.assemble import fitting_shows
from edye_delivery.feeds.publish.shows import STATIONS, WrittenShow
from edye_delivery.feeds.roku.item import FeedItem
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.writers import writer_of


def write_shows_job(content: bytes, options: dict[str, Any]) -> Answer:
    """The shows of stored titles, for `load_shows`; the titles are those of `dump_titles`, all titles of each show.

    `options`: the annex as JSON, the feed's name, the time as ISO 8601, and the bytes that an item may have at most.
    """
    annex, now = _annex_of(options["annex"]), datetime.fromisoformat(options["now"])
    spec = next(spec for spec in annex.feeds if spec.name == options["feed"])
    writer = writer_of(annex, spec, now, defect_of_row)
    if isinstance(writer, DirectWriter):
        raise TypeError(f"the feed {spec.name} has one page, whose shows are not written apart")
    accepted = (StoredTitle(*row).accepted() for row in msgspec.msgpack.decode(content, type=list[_Row]))
    with pause_gc():
        shows = fitting_shows(writer, accepted, options["room_bytes"], now)
        return {}, [msgspec.msgpack.encode([show for show in shows if show.key != STATIONS])]


def dump_titles(titles: Sequence[StoredTitle]) -> bytes:
    """The titles for another process."""
    return msgspec.msgpack.encode(titles)


def load_shows(content: bytes) -> Iterator[WrittenShow]:
    """The shows that another process wrote."""
    for key, ends_ms, notes, items in msgspec.msgpack.decode(content, type=list[_Show]):
        yield WrittenShow(key, ends_ms, notes, [FeedItem(*item) for item in items])


_Row = tuple[str, bytes, bytes, datetime | None]
_Show = tuple[str, int | None, list[tuple[str, str, str]], list[tuple[str, str, str, bytes]]]


@lru_cache(maxsize=1)
def _annex_of(content: str) -> Annex:
    return Annex.model_validate_json(content)
