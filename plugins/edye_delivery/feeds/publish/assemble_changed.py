"""Assembly by what changed: pages that no changed show touches are taken as they are published (docs/adr/0030).

The outcome is that of a full assembly of the same titles at the same time, byte for byte. A page begins where the items
before it end, and with its own first item. So the pages between which a show lies are cut again, and after them so many
as it takes until a page begins where it began before.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.order import Accepted
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.publish.assemble import AssembledFeed, fitting_shows, kinds_of
from edye_delivery.feeds.publish.page_cutter import Body, PageCutter
from edye_delivery.feeds.publish.page_index import PageFacts, Part, findings_of
from edye_delivery.feeds.publish.paging import PageLinker, PublishedPage, facts_of_body, order_bodies
from edye_delivery.feeds.publish.shows import STATIONS, WrittenShow
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.values import epoch_ms
from edye_delivery.feeds.write.writers import PagedWriter, writer_of


class FullAssemblyNeeded(Exception):
    """The feed cannot be assembled by what changed; the message says why, in half a sentence."""


class PageSource(Protocol):
    """Published pages and what is kept of them. Each raises FullAssemblyNeeded where that is gone or another."""

    def index(self, page: PageFacts) -> list[Part]:
        """The parts of a page."""

    def body(self, page: PublishedPage) -> bytes:
        """A page without its end."""


@dataclass(frozen=True, slots=True)
class Base:
    """What a changed feed starts from: its pages in the order of their items, and as they are published."""

    pages: Sequence[PageFacts]
    published: Mapping[str, PublishedPage]
    source: PageSource


def assemble_changed(
    annex: Annex,
    spec: FeedSpec,
    base: Base,
    changed_keys: Iterable[str],
    titles_of: Callable[[str], Iterable[Accepted]],
    page_url_prefix: str,
    folder: Path,
    now: datetime,
) -> AssembledFeed:
    """Writes the pages that differ from the published ones into the folder.

    `changed_keys` are the keys of the shows whose offered titles changed since, `titles_of` gives what a show is
    offered now. FullAssemblyNeeded where that is not enough.
    """
    writer = writer_of(annex, spec, now, defect_of_row)
    if isinstance(writer, DirectWriter):
        raise FullAssemblyNeeded("its feed has one page")
    with pause_gc():
        keys = {*changed_keys, *_keys_past_an_end(base, epoch_ms(now))} - {STATIONS}
        cutting = _Cutting(writer, spec, base, sorted(keys), titles_of, folder, now)
        bodies = cutting.cut()
        linker = PageLinker(page_url_prefix, folder, base.published, base.source.body)
        pages = linker.link(order_bodies(bodies, list(base.published)))
    facts = [facts_of_body(body) for body in bodies]
    return AssembledFeed(pages, kinds_of(facts), findings_of(facts), bodies)


def _keys_past_an_end(base: Base, now_ms: int) -> set[str]:
    """The shows that have an availability that ended since."""
    ended_pages = [page for page in base.pages if page.ends_ms is not None and page.ends_ms <= now_ms]
    parts = (part for page in ended_pages for part in base.source.index(page))
    return {part.key for part in parts if part.ends_ms is not None and part.ends_ms <= now_ms}


class _Cutting:
    """Cuts the pages that changed shows touch again, and takes the others as they are."""

    def __init__(
        self,
        writer: PagedWriter,
        spec: FeedSpec,
        base: Base,
        keys: Sequence[str],
        titles_of: Callable[[str], Iterable[Accepted]],
        folder: Path,
        now: datetime,
    ) -> None:
        self._writer, self._spec, self._base, self._keys = writer, spec, base, keys
        self._titles_of, self._folder, self._now = titles_of, folder, now
        self._starts = ["", *(page.first[0] for page in base.pages[1:])]
        self._next_key = self._runs = 0

    def cut(self) -> list[Body | PageFacts]:
        """All pages in the order of their items."""
        pages, touched = self._base.pages, self._pages_to_cut()
        bodies: list[Body | PageFacts] = []
        number = 0
        while number < len(pages):
            if number in touched:
                cut, number = self._cut_from(number, touched)
                bodies += cut
            else:
                bodies.append(pages[number])
                number += 1
        if not bodies:
            raise FullAssemblyNeeded("it has no title any more")
        return self._join(bodies)

    def _pages_to_cut(self) -> set[int]:
        """The pages that a changed show may be in, or begin at."""
        touched: set[int] = set()
        for key in self._keys:
            first = max(bisect_left(self._starts, key) - 1, 0)
            touched.update(range(first, bisect_right(self._starts, key)))
        return touched

    def _cut_from(self, number: int, touched: set[int]) -> tuple[list[Body], int]:
        """The pages from this one on, until one begins where it began before; and the number of that one."""
        pages = self._base.pages
        self._runs += 1
        folder = self._folder / f"cut-{self._runs:06}"
        folder.mkdir()
        cutter = PageCutter(self._writer.head(), self._spec.page_max_bytes, folder)
        while True:
            self._add_page(cutter, pages[number])
            number += 1
            if number == len(pages):
                self._add_until(cutter, None)
                break
            self._add_until(cutter, self._starts[number])
            _, item_id, size_bytes = pages[number].first
            if number not in touched and cutter.starts_page(item_id, size_bytes):
                break
        if cutter.has_items:
            cutter.finish()
        self._cutter = cutter
        return cutter.bodies, number

    def _add_page(self, cutter: PageCutter, page: PageFacts) -> None:
        """Adds the shows of a published page, the changed ones as they are now."""
        content = self._base.source.body(self._base.published[page.digest])
        at = len(cutter.beginning)
        for part in self._base.source.index(page):
            self._add_until(cutter, part.key)
            is_changed = self._is_changed(part.key)
            if is_changed and not part.is_continued:
                self._add_until(cutter, part.key, inclusive=True)
            if not is_changed:
                cutter.begin_show(part.key, part.ends_ms, part.notes, is_continued=part.is_continued)
            for item_id, kind, size_bytes in part.items:
                if not is_changed:
                    cutter.add(item_id, kind, content[at : at + size_bytes])
                at += size_bytes + 1

    def _is_changed(self, key: str) -> bool:
        place = bisect_left(self._keys, key)
        return place < len(self._keys) and self._keys[place] == key

    def _add_until(self, cutter: PageCutter, end: str | None, *, inclusive: bool = False) -> None:
        """Adds the changed shows that come before the key, as they are offered now."""
        while self._next_key < len(self._keys):
            key = self._keys[self._next_key]
            if end is not None and (key > end or (key == end and not inclusive)):
                return
            self._next_key += 1
            show = self._write_show(cutter, key)
            if show is not None:
                cutter.add_show(show)

    def _write_show(self, cutter: PageCutter, key: str) -> WrittenShow | None:
        titles = list(self._titles_of(key))
        if not titles:
            return None
        shows = fitting_shows(self._writer, titles, cutter.room_bytes, self._now)
        written = [show for show in shows if show.key != STATIONS]
        if [show.key for show in written] != [key]:
            raise FullAssemblyNeeded("two of its shows have ids that do not tell their titles apart")
        return written[0]

    def _join(self, bodies: list[Body | PageFacts]) -> list[Body | PageFacts]:
        """One page, where all together are small enough for one, as a full assembly makes it."""
        if self._runs == 0 or not self._cutter.is_unpaged([facts_of_body(body).size_bytes for body in bodies]):
            return bodies
        if len(bodies) != len(self._cutter.bodies):
            raise FullAssemblyNeeded("it fits into one page now")
        self._cutter.join()
        return list(self._cutter.bodies)
