"""The steps of one feed: assemble, lint (the gate), publish; each may be run again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.feed_records import FEED_STEPS, FeedDraft
from edye_delivery.catalog.places import feed_page_name, feed_record_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.feeds.publishing import PAGES
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import StepOperator, keep, load
from edye_delivery.operators.feeding import draft_feed, lint_draft, publish_draft, refuse_errors


class FeedOperator(StepOperator):
    """A step on one feed of the annex, by name."""

    template_fields: ClassVar[Sequence[str]] = ("request", "feed", "draft")

    def __init__(self, *, request: Any, feed: Any, draft: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request, self.feed, self.draft = request, feed, draft

    @property
    def spec(self) -> FeedSpec:
        """The feed as the annex describes it."""
        return next(spec for spec in self.annex.feeds if spec.name == self.feed)


class AssembleFeedOperator(FeedOperator):
    """The feed of all accepted titles, whatever became of this run's batches."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The draft's reference."""
        if self.request is None:
            raise AirflowSkipException("the run was not begun: check_request refused it, its log says why")
        request, spec = RunRequest.model_validate(self.request), self.spec
        if request.dry_run:
            raise AirflowSkipException("dry run: feeds are not built")
        store, ledger = self.artifacts, LedgerHook()
        for step in FEED_STEPS:  # what an earlier try of this run said is no longer true
            store.delete(feed_record_name(request, spec.name, step))
        draft = draft_feed(
            self.annex,
            spec,
            ledger.get_conn().accepted_titles(self.annex.partner),
            ledger.publications(self.annex.partner, spec.name).current(),
            FeedStoreHook(spec).get_conn().url(PAGES),
            store.put_once,
            datetime.now(UTC),
        )
        return keep(store, feed_record_name(request, spec.name, "draft"), draft) | {"items": sum(draft.kinds.values())}


class LintFeedOperator(FeedOperator):
    """The gate: a feed with errors is not published."""

    def execute(self, context: Context) -> dict[str, int]:
        """Errors (none) and warnings; FeedRefused names every broken rule."""
        request, store = RunRequest.model_validate(self.request), self.artifacts
        linted = lint_draft(self.annex, load(store, self.draft, FeedDraft), store.get, datetime.now(UTC))
        keep(store, feed_record_name(request, self.feed, "linted"), linted)
        refuse_errors(self.feed, "as assembled", linted)
        return {"errors": linted.errors, "warnings": linted.warnings}


class PublishFeedOperator(FeedOperator):
    """The feed in its bucket: pages first, read back as a reader does, then the first page."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The published record's reference."""
        request, spec, store = RunRequest.model_validate(self.request), self.spec, self.artifacts
        draft = load(store, self.draft, FeedDraft)
        hook = FeedStoreHook(spec)
        published = publish_draft(
            self.annex,
            spec,
            draft,
            request.run_id,
            hook.get_conn(),
            LedgerHook().publications(self.annex.partner, spec.name),
            store.get,
            hook.fetch,
            datetime.now(UTC),
        )
        reference = keep(store, feed_record_name(request, spec.name, "published"), published)
        for page in draft.pages:
            store.delete(feed_page_name(self.annex.partner, spec.name, page.name))
        return reference | {"url": published.url, "pages_sent": len(published.uploaded)}
