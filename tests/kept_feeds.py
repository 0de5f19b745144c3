"""Feeds that are assembled by what changed, as a run's steps do it, with the run's files in memory."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.feed_records import FeedDraft
from edye_delivery.feeds.publish.publish import PAGES
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.pipeline.feeds import DraftPageGone, draft_feed
from edye_delivery.pipeline.kept_feed import FeedKeeper
from tests.artifacts import Artifacts


class DraftFiles(Artifacts):
    """The pages of a draft in memory; those that it did not write are in the bucket."""

    def __init__(self, bucket: Any) -> None:
        super().__init__()
        self.bucket = bucket

    def get(self, name: str) -> bytes:
        if name in self:
            return self[name]
        content: bytes | None = self.bucket.get(PAGES + name)
        if content is None:
            raise DraftPageGone(name)
        return content


def draft_by_changes(
    annex: Annex,
    spec: FeedSpec,
    ledger: Ledger,
    publications: Publications,
    bucket: Any,
    kept: Artifacts,
    pages: DraftFiles,
    now: datetime,
    *,
    is_full: bool = False,
    before_page: Callable[[], None] = lambda: None,
) -> FeedDraft:
    """A draft of what is offered now."""
    newest, prefix = publications.newest(), bucket.url(PAGES)
    keeper = FeedKeeper(annex, spec, newest, kept, bucket, prefix, is_full, before_page)
    with ledger.offer(annex.partner) as offer:
        return draft_feed(annex, spec, offer, newest.pages if newest else (), prefix, pages, now, keeper)
