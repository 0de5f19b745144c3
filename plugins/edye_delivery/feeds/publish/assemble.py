"""Assembly: accepted titles become the linked pages of a feed, by the writer that the annex names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.order import END_OF_SHOW, Accepted
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.publish.document import document
from edye_delivery.feeds.publish.page_cutter import Body, PageCutter
from edye_delivery.feeds.publish.page_index import PageFacts
from edye_delivery.feeds.publish.paging import LinkedPage, PageLinker, order_bodies
from edye_delivery.feeds.publish.shows import WrittenShow, write_shows
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.rules import PART_LEFT_OUT
from edye_delivery.feeds.write.writers import PagedWriter, writer_of


@dataclass(frozen=True, slots=True)
class AssembledFeed:
    """A feed's pages in the order of their chain, the number of items by kind, and what was left out.

    `bodies` are the same pages in the order of their items; none where a later assembly cannot start from them.
    """

    pages: list[LinkedPage]
    kinds: Counter[str]
    notes: Findings
    bodies: Sequence[Body | PageFacts] = ()


def assemble(
    annex: Annex,
    spec: FeedSpec,
    accepted: Iterable[Accepted],
    previous_digests: Sequence[str],
    page_url_prefix: str,
    folder: Path,
    now: datetime,
) -> AssembledFeed:
    """Writes all of the feed's pages into the folder; only one page and one show at a time are in memory.

    `previous_digests` are the body digests of the pages that readers have now, in the order of their chain.
    """
    writer = writer_of(annex, spec, now, defect_of_row)
    with pause_gc():
        if isinstance(writer, DirectWriter):
            page, kinds = document(writer.items(accepted), writer.head, writer.list_keys, folder)
            return AssembledFeed([page], kinds, writer.notes.findings)
        shows = fitting_shows(writer, accepted, room_bytes(writer, spec), now)
        return assemble_shows(writer, spec, shows, writer.notes.findings, previous_digests, page_url_prefix, folder)


def room_bytes(writer: PagedWriter, spec: FeedSpec) -> int:
    """The bytes that an item may have at most."""
    return PageCutter(writer.head(), spec.page_max_bytes, Path()).room_bytes


def assemble_shows(
    writer: PagedWriter,
    spec: FeedSpec,
    shows: Iterable[WrittenShow],
    findings: Findings,
    previous_digests: Sequence[str],
    page_url_prefix: str,
    folder: Path,
) -> AssembledFeed:
    """As `assemble`, of shows that are written already, without items that no page can hold.

    `findings` are all notes on them, when the last one is taken.
    """
    cutter = PageCutter(writer.head(), spec.page_max_bytes, folder)
    are_keys_plain = True
    for show in shows:
        cutter.add_show(show)
        are_keys_plain = are_keys_plain and END_OF_SHOW not in show.key[:-1]
    cutter.finish()
    if cutter.is_unpaged([body.facts.size_bytes for body in cutter.bodies]):
        cutter.join()
    linker = PageLinker(page_url_prefix, folder, {}, lambda _: b"")
    pages = linker.link(order_bodies(cutter.bodies, previous_digests))
    kinds = kinds_of([body.facts for body in cutter.bodies])
    return AssembledFeed(pages, kinds, findings, cutter.bodies if are_keys_plain else ())


def fitting_shows(
    writer: PagedWriter, accepted: Iterable[Accepted], room_bytes: int, now: datetime
) -> Iterator[WrittenShow]:
    """Every show, without the items that no page can hold; there are notes about these."""
    for show in write_shows(writer, accepted, now):
        if all(len(item.content) <= room_bytes for item in show.items):
            yield show
            continue
        for item in show.items:
            if len(item.content) > room_bytes:
                message = f"it has {len(item.content):,} bytes, too many for a page"
                writer.notes.add(item.item_id, PART_LEFT_OUT, message)
        fitting = [item for item in show.items if len(item.content) <= room_bytes]
        yield show._replace(notes=[*show.notes, *writer.notes.take()], items=fitting)


def kinds_of(pages: Iterable[PageFacts]) -> Counter[str]:
    """The number of items by kind in all pages."""
    kinds: Counter[str] = Counter()
    for page in pages:
        kinds.update(page.kinds)
    return kinds
