"""The steps of one feed: assemble, lint, publish; each may be run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import RequestOperator, Step


class FeedOperator(RequestOperator):
    """A step on one feed of the annex, by name."""

    template_fields: ClassVar[Sequence[str]] = ("request", "feed", "draft")

    def __init__(self, *, feed: Any, draft: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.feed, self.draft = feed, draft


class AssembleFeedOperator(FeedOperator):
    """Assembles the feed of all accepted titles, however this run's batches ended."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.feeds import AssembleFeed

        return AssembleFeed(self.annex, self.request, self.feed, self.draft)


class LintFeedOperator(FeedOperator):
    """Lints the draft; a feed with errors is not published."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.feeds import LintFeed

        return LintFeed(self.annex, self.request, self.feed, self.draft)


class PublishFeedOperator(FeedOperator):
    """Publishes the feed in its bucket: uploads the pages, reads them back, then switches the first page.

    Where readers find a new state of it, the feed's asset is emitted.
    """

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.feeds import PublishFeed

        return PublishFeed(self.annex, self.request, self.feed, self.draft)
