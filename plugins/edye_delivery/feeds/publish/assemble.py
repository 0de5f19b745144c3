"""Assembly: accepted titles become the linked pages of a feed, by the writer that the annex names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.order import Accepted
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.publish.paging import LinkedPage, cut_pages, document, link_pages, order_bodies
from edye_delivery.feeds.roku.item import SEARCH_LIST_KEYS
from edye_delivery.feeds.write.rules import PART_LEFT_OUT
from edye_delivery.feeds.write.writers import writer_of


@dataclass(frozen=True, slots=True)
class AssembledFeed:
    """A feed's pages in the order of their chain, the number of items by type, and what was left out."""

    pages: list[LinkedPage]
    kinds: Counter[str]
    notes: Findings


def assemble(
    annex: Annex,
    spec: FeedSpec,
    accepted: Iterable[Accepted],
    previous_digests: Sequence[str],
    page_url_prefix: str,
    folder: Path,
    now: datetime,
) -> AssembledFeed:
    """Writes the feed's pages into the folder; only one page and one show at a time are in memory.

    `previous_digests` are the body digests of the pages that readers have now, in the order of their chain.
    """
    with pause_gc():
        return _assemble(annex, spec, accepted, previous_digests, page_url_prefix, folder, now)


def _assemble(
    annex: Annex,
    spec: FeedSpec,
    accepted: Iterable[Accepted],
    previous_digests: Sequence[str],
    page_url_prefix: str,
    folder: Path,
    now: datetime,
) -> AssembledFeed:
    writer = writer_of(annex, spec, now, defect_of_row)
    items = writer.items(accepted)
    if writer.list_keys != tuple(SEARCH_LIST_KEYS):
        page, kinds = document(items, writer.head, writer.list_keys, folder)
        return AssembledFeed([page], kinds, writer.notes.findings)
    cut = cut_pages(items, writer.head(), spec.page_max_bytes, folder)
    for item_id, size_bytes in cut.oversized:
        writer.notes.add(item_id, PART_LEFT_OUT, f"it has {size_bytes:,} bytes, too many for a page")
    pages = link_pages(order_bodies(cut.bodies, previous_digests), page_url_prefix)
    return AssembledFeed(pages, cut.kinds, writer.notes.findings)
