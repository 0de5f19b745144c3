"""Publish a feed: one publisher at a time, and no older state over a newer one (docs/adr/0023)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.feed_records import FeedDraft, FeedPage, ItemChanges, PublishedFeed
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.feed_store import KEYS_A_CALL, S3FeedStore
from edye_delivery.errors import FeedRefused, Transient
from edye_delivery.feeds.publish.diff import changes_between
from edye_delivery.feeds.publish.publish import FIRST_PAGE, PAGES, switch_readers, upload_pages
from edye_delivery.ledger.publications import FeedLease, FeedLeaseLost, Publication, Publications
from edye_delivery.pipeline.feeds import DraftPageGone, read_back
from edye_delivery.pipeline.publisher_lease import wait_for_lease
from edye_delivery.pipeline.stores import FileReader

ROUNDS = 3
"""So often a draft is uploaded and switched to; before each round but the first it is assembled again."""
OUTDATED = -1
LEASES = 3
"""So often a publisher begins again that lost its lease while it slept."""
log = logging.getLogger(__name__)


def without_lint(draft: FeedDraft) -> FeedDraft:
    """The draft as one that may not be published: a publisher assembles another one, which is linted."""
    return draft.model_copy(update={"version": OUTDATED})


class OfferUnsteady(Transient):
    """Titles were withdrawn again and again while the feed was published."""


class FeedOverwritten(Transient):
    """Readers have another first page than the one that was just written."""


@dataclass(frozen=True, slots=True)
class FeedPublisher:
    """Publishes one feed for one run.

    `page_store` has the pages of the draft by their names; `fetch` reads a published page by its URL. `assemble` makes
    another draft, of what is offered now, that the linter has passed; it calls its argument before each page.
    """

    spec: FeedSpec
    run_id: str
    store: S3FeedStore
    publications: Publications
    page_store: FileReader
    fetch: Callable[[str], bytes]
    assemble: Callable[[Callable[[], None]], FeedDraft]
    clock: Clock

    def publish(self, draft: FeedDraft) -> PublishedFeed:
        """Publishes what is offered now, with this draft, which the linter has passed, where it is not stale.

        The draft is read back from its public address before readers are switched to it. FeedRefused where it
        differs from what was sent; readers keep the last good feed then. FeedBusy, OfferUnsteady,
        FeedOverwritten and FeedLeaseLost where another try may succeed.
        """
        leases = 0
        while True:
            lease = wait_for_lease(self.publications, self.run_id, f"the feed {self.spec.name}", self.clock)
            leases += 1
            try:
                return self._publish_under(lease, draft)
            except (FeedLeaseLost, FeedOverwritten) as lost:
                if leases == LEASES:
                    raise
                log.warning("%s; this run begins again", lost)
            finally:
                self.publications.release(lease)

    def _publish_under(self, lease: FeedLease, draft: FeedDraft) -> PublishedFeed:
        for rounds_left in reversed(range(ROUNDS)):
            version = self.publications.offer_version().version
            if draft.version != version:
                newer = self.publications.newest()
                if newer is not None and newer.version == version and self._is_live(newer.pages[0]):
                    return self._leave_to(newer)
                log.info("feed %s: its draft has version %s of the offer, which is at version %s now: assembled again",
                         self.spec.name, draft.version, version)  # fmt: skip
                draft = self.assemble(lambda: self.publications.renew(lease))
            if not any(page.items for page in draft.pages):
                return self._nothing_to_publish()
            try:
                published = self._upload_and_switch(lease, draft, is_last=not rounds_left)
            except DraftPageGone as gone:
                if not rounds_left:
                    raise
                log.info("%s: the feed is assembled again", gone)
                published, draft = None, without_lint(draft)
            if published is not None:
                return published
        raise OfferUnsteady(
            f"the feed {self.spec.name} was assembled {ROUNDS} times, and each time titles were withdrawn before "
            "readers could be switched to it; readers have the last published feed, run publish_feed again"
        )

    def _upload_and_switch(self, lease: FeedLease, draft: FeedDraft, *, is_last: bool) -> PublishedFeed | None:
        """Uploads the draft, reads it back, switches readers to it; None where the draft has become stale."""
        name, first = self.spec.name, draft.pages[0]

        def page_content(page: FeedPage) -> bytes:
            self.publications.renew(lease)
            return self.page_store.get(page.name)

        def fetch(url: str) -> bytes:
            self.publications.renew(lease)
            return self.fetch(url)

        previous = self.publications.current()
        number = self.publications.begin(lease, draft.version, draft.pages, draft.kinds, draft.kept)
        uploaded = upload_pages(self.store, draft.pages, page_content)
        url = self.store.url(PAGES + first.name)
        read_back(draft, url, fetch)

        def is_allowed() -> bool:
            return self.publications.allow_switch(lease, draft.version, older_is_allowed=is_last)

        switched = switch_readers(self.store, first, page_content, is_allowed, self.spec.cache_s)
        if switched is None:
            log.info("feed %s: the offer has changed while its version %s was uploaded", name, draft.version)
            return None
        self.publications.mark_published(lease, number)
        log.info("feed %s: %s of %s pages sent, first page switched: %s", name, len(uploaded), len(draft.pages),
                 switched)  # fmt: skip
        if (offered := self.publications.offer_version().version) != draft.version:
            log.info("feed %s: readers have version %s of the offer, which is at version %s now: the run that "
                     "changed it publishes that one", name, draft.version, offered)  # fmt: skip
        changes = _changes_since(self.store, previous, draft.pages, page_content)
        deleted = self._clean(lease)
        if not self._is_live(first):
            raise FeedOverwritten(f"the feed {name}: somebody has overwritten the first page that was just published")
        return PublishedFeed(
            url=self.store.url(FIRST_PAGE), uploaded=uploaded, switched=switched, changes=changes, deleted=deleted
        )

    def _clean(self, lease: FeedLease) -> int:
        """Deletes the pages that no reader can need any more; how many."""
        outdated, names = self.publications.find_outdated(self.spec.keep_old_s)
        for start in range(0, len(names), KEYS_A_CALL):
            self.publications.renew(lease)  # whoever lost the lease deletes nothing: the next publisher may need it
            self.store.delete([PAGES + name for name in names[start : start + KEYS_A_CALL]])
        self.publications.mark_cleaned(lease, outdated)
        return len(names)

    def _is_live(self, first: FeedPage) -> bool:
        return self.store.sha256_of(FIRST_PAGE) == first.sha256

    def _leave_to(self, newer: Publication) -> PublishedFeed:
        detail = f"the run {newer.run_id} has published a newer state of it, so this run's draft is not needed"
        log.info("feed %s: %s", self.spec.name, detail)
        return PublishedFeed(url=self.store.url(FIRST_PAGE), switched=False, detail=detail)

    def _nothing_to_publish(self) -> PublishedFeed:
        items = sum(page.items for page in self.publications.current())
        if items:
            raise FeedRefused(
                f"the feed {self.spec.name} would be empty and take {items} items out of search, so it is not "
                "published; check that delivery_ledger names the right database, and delete the published pages "
                "by hand if the feed is meant to be empty"
            )
        log.info("feed %s: no title was accepted yet, so there is nothing to publish", self.spec.name)
        return PublishedFeed(url=self.store.url(FIRST_PAGE), switched=False)


def _changes_since(
    store: S3FeedStore,
    previous: tuple[FeedPage, ...],
    pages: tuple[FeedPage, ...],
    page_content: Callable[[FeedPage], bytes],
) -> ItemChanges | None:
    """What changed since the last publication, by the pages whose items differ; None where one of them is gone."""
    bodies = [{page.body_digest for page in chain} for chain in (previous, pages)]
    old = [page for page in previous if page.body_digest not in bodies[1]]
    new = [page for page in pages if page.body_digest not in bodies[0]]
    old_pages = (store.get(PAGES + page.name) for page in old)
    try:
        return changes_between(_refuse_missing(old_pages), (page_content(page) for page in new))
    except LookupError:
        log.info("pages of the publication before are gone, so the changes are unknown")
        return None


def _refuse_missing(contents: Iterable[bytes | None]) -> Iterable[bytes]:
    for content in contents:
        if content is None:
            raise LookupError("a page of the publication before is gone")
        yield content
