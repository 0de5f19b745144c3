"""The steps of one feed: assemble, lint, publish; each may be run again."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.artifact_names import feed_page_name, feed_record_name
from edye_delivery.catalog.feed_records import FEED_STEPS, FeedDraft, LintedFeed
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.clients.workers import Workers
from edye_delivery.feeds.publish.publish import PAGES
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.assets import emit_feed
from edye_delivery.pipeline.feeds import DraftPageGone, DraftPages, draft_feed, lint_draft, refuse_errors
from edye_delivery.pipeline.kept_feed import FeedKeeper
from edye_delivery.pipeline.lint_pages import LINT_MEMORY_BYTES
from edye_delivery.pipeline.publish_feed import FeedPublisher, without_lint
from edye_delivery.steps.base import Step, content_of, keep, load

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class FeedStep(Step):
    """A step on one feed of the annex, by name."""

    request: Any
    feed: Any
    draft: Any = None

    @property
    def spec(self) -> FeedSpec:
        """The feed's section of the annex."""
        return next(spec for spec in self.annex.feeds if spec.name == self.feed)

    def assemble(self, request: RunRequest, before_page: Callable[[], None] = lambda: None) -> FeedDraft:
        """A draft of what is offered now, its pages among the run's files."""
        spec, ledger, bucket = self.spec, LedgerHook(), FeedStoreHook(self.spec).get_conn()
        newest, prefix = ledger.publications(self.annex.partner, spec.name).newest(), bucket.url(PAGES)
        previous = newest.pages if newest is not None else ()
        keeper = FeedKeeper(self.annex, spec, newest, self.artifacts, bucket, prefix, request.full_feeds, before_page)
        pages = self.pages(request, before_page)
        with ledger.get_conn().offer(self.annex.partner) as offer, self._workers() as workers:
            at = datetime.now(UTC)
            return draft_feed(
                self.annex, spec, offer, previous, prefix, pages, at, keeper, workers.run, workers.at_once
            )

    def _workers(self) -> Workers:
        """Processes that write and lint parts of a feed."""
        return Workers(self.annex.images, memory_least_bytes=LINT_MEMORY_BYTES)

    def pages(self, request: RunRequest, before_page: Callable[[], None] = lambda: None) -> DraftPages:
        """The pages of this run's draft; those that it did not write are in the bucket."""
        bucket = FeedStoreHook(self.spec).get_conn()
        return DraftPages(self.artifacts, request, self.feed, before_page, lambda name: bucket.get(PAGES + name))

    def lint(self, request: RunRequest, draft: FeedDraft, before_page: Callable[[], None] = lambda: None) -> LintedFeed:
        """Lints the draft and keeps the result for the report; FeedRefused names every broken rule."""
        pages, now = self.pages(request, before_page), datetime.now(UTC)
        with self._workers() as workers:
            linted = lint_draft(draft, pages, now, workers.run, workers.at_once)
        keep(self.artifacts, feed_record_name(request, self.feed, "linted"), linted)
        refuse_errors(self.feed, "as assembled", linted)
        return linted


class AssembleFeed(FeedStep):
    """Assembles the feed of all accepted titles, however this run's batches ended."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The draft's reference."""
        if self.request is None:
            raise AirflowSkipException("the run did not begin: check_request refused it, and its log says why")
        request, store = RunRequest.model_validate(self.request), self.artifacts
        if request.dry_run:
            raise AirflowSkipException("dry run: feeds are not built")
        for step in FEED_STEPS:  # the records of an earlier try of this run are no longer true
            store.delete(feed_record_name(request, self.feed, step))
        draft = self.assemble(request)
        return keep(store, feed_record_name(request, self.feed, "draft"), draft) | {"items": sum(draft.kinds.values())}


class LintFeed(FeedStep):
    """Lints the draft; a feed with errors is not published."""

    def execute(self, context: Context) -> dict[str, int]:
        """Errors (none) and warnings; FeedRefused names every broken rule.

        A draft that refers to pages which are gone is not linted: publish_feed assembles and lints another one.
        """
        request = RunRequest.model_validate(self.request)
        try:
            linted = self.lint(request, load(self.artifacts, self.draft, FeedDraft))
        except DraftPageGone as gone:
            log.info("%s: publish_feed assembles and lints the feed again", gone)
            return {"errors": 0, "warnings": 0}
        return {"errors": linted.errors, "warnings": linted.warnings}


class PublishFeed(FeedStep):
    """Publishes the feed in its bucket: uploads the pages, reads them back, then switches the first page.

    Where readers find a new state of it, the feed's asset is emitted.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """The published record's reference."""
        request, spec, store = RunRequest.model_validate(self.request), self.spec, self.artifacts
        hook = FeedStoreHook(spec)
        drafts = [self._linted_draft(request)]

        def assemble_again(before_page: Callable[[], None]) -> FeedDraft:
            draft = self.assemble(request, before_page)
            drafts.append(draft)
            keep(store, feed_record_name(request, spec.name, "draft"), draft)
            self.lint(request, draft, before_page)
            return draft

        publisher = FeedPublisher(
            spec,
            request.run_id,
            hook.get_conn(),
            LedgerHook().publications(self.annex.partner, spec.name),
            self.pages(request),
            hook.fetch,
            assemble_again,
            SYSTEM_CLOCK,
        )
        published = publisher.publish(drafts[0])
        reference = keep(store, feed_record_name(request, spec.name, "published"), published)
        for page in {page.name for draft in drafts for page in draft.pages}:
            store.delete(feed_page_name(request, spec.name, page))
        if published.switched:
            self._emit(context, request, drafts[-1])
        return reference | {"url": published.url, "pages_sent": len(published.uploaded)}

    def _linted_draft(self, request: RunRequest) -> FeedDraft:
        """The draft; FeedRefused where the linter found errors. One that was not linted is not published as it is."""
        draft = load(self.artifacts, self.draft, FeedDraft)
        linted = content_of(self.artifacts, feed_record_name(request, self.spec.name, "linted"))
        if linted is None:
            return without_lint(draft)
        refuse_errors(self.spec.name, "as assembled", LintedFeed.model_validate_json(linted))
        return draft

    def _emit(self, context: Context, request: RunRequest, draft: FeedDraft) -> None:
        counts = {"items": sum(draft.kinds.values()), "pages": len(draft.pages)}
        facts = {"version": draft.version, "run_id": request.run_id, "kinds": dict(draft.kinds), **counts}
        emit_feed(context, self.annex.partner, self.spec.name, facts)
