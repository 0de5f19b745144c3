"""Feeds: assemble one from the ledger, lint it, read it back."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.artifact_names import feed_page_name
from edye_delivery.catalog.feed_records import FeedDraft, FeedPage, LintedFeed, RuleCount
from edye_delivery.catalog.jobs import Run, run_here
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.errors import FeedRefused, Transient
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.lint.linter import LIST_KEYS, figures_of
from edye_delivery.feeds.lint.page_parser import split_page
from edye_delivery.feeds.publish.assemble import AssembledFeed, assemble, assemble_shows, room_bytes
from edye_delivery.feeds.publish.page_index import EXAMPLES_MAX
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from edye_delivery.feeds.write.writers import profile_of, writer_of
from edye_delivery.ledger.offers import Offer
from edye_delivery.pipeline.kept_feed import FeedKeeper
from edye_delivery.pipeline.lint_pages import PageLinter
from edye_delivery.pipeline.stores import ContentStore, FileReader
from edye_delivery.pipeline.write_shows import ShowWriter, findings_of_notes

log = logging.getLogger(__name__)


class DraftPageGone(Transient):
    """A page of a draft is neither among its run's files nor published any more."""


@dataclass(frozen=True, slots=True)
class DraftPages:
    """The pages of a run's draft; `before_page` is called before each read and write.

    They are among the run's files, but for those that `read_published` knows by their name.
    """

    store: ContentStore
    request: RunRequest
    feed: str
    before_page: Callable[[], None] = lambda: None
    read_published: Callable[[str], bytes | None] = lambda _: None

    def get(self, name: str) -> bytes:
        """The page's bytes; DraftPageGone."""
        self.before_page()
        try:
            return self.store.get(feed_page_name(self.request, self.feed, name))
        except FileNotFoundError as error:
            content = self.read_published(name)
            if content is None:
                raise DraftPageGone(
                    f"the page {name} of the draft of the feed {self.feed} is not in the bucket any more"
                ) from error
            return content

    def put_once(self, name: str, content: bytes) -> object:
        """Writes a page; one that is there already stays."""
        self.before_page()
        return self.store.put_once(feed_page_name(self.request, self.feed, name), content)


def draft_feed(
    annex: Annex,
    spec: FeedSpec,
    offer: Offer,
    previous: Iterable[FeedPage],
    page_url_prefix: str,
    page_store: ContentStore,
    now: datetime,
    keeper: FeedKeeper | None = None,
    run: Run = run_here,
    at_once: int = 1,
) -> FeedDraft:
    """Assembles the feed of the offer, and writes its pages to the store, but for those that are published already.

    Without a keeper, all of it is assembled; `run` writes shows in other processes then, so many at once.
    """
    digests = [page.body_digest for page in previous]
    with tempfile.TemporaryDirectory(prefix="edye-feed-") as scratch, tempfile.TemporaryDirectory(dir=scratch) as part:
        feed = keeper.assemble(offer, Path(part), now) if keeper is not None else None
        if feed is None:
            feed = _assemble(annex, spec, offer, digests, page_url_prefix, Path(scratch), now, run, at_once)
        for page in feed.pages:
            if page.path is not None:
                page_store.put_once(page.name, page.path.read_bytes())
        kept = keeper.keep(feed, offer.version, now) if keeper is not None else None
    pages = tuple(
        FeedPage(
            name=page.name,
            sha256=page.sha256,
            body_digest=page.body_digest,
            size_bytes=page.size_bytes,
            items=page.items,
        )
        for page in feed.pages
    )
    log.info("feed %s: %s pages, %s, version %s of the offer", spec.name, len(pages), dict(feed.kinds), offer.version)
    return FeedDraft(
        feed=spec.name,
        pages=pages,
        kinds=dict(sorted(feed.kinds.items())),
        notes=rule_counts(feed.notes),
        profile=profile_of(spec).value,
        version=offer.version,
        kept=kept,
    )


def _assemble(
    annex: Annex,
    spec: FeedSpec,
    offer: Offer,
    previous_digests: Sequence[str],
    page_url_prefix: str,
    folder: Path,
    now: datetime,
    run: Run,
    at_once: int,
) -> AssembledFeed:
    writer = writer_of(annex, spec, now, defect_of_row)
    if at_once == 1 or isinstance(writer, DirectWriter):
        return assemble(annex, spec, offer.titles, previous_digests, page_url_prefix, folder, now)
    findings = findings_of_notes()
    shows = ShowWriter(annex, spec, writer, room_bytes(writer, spec), now, run, at_once, findings).write(offer.stored)
    with pause_gc():
        return assemble_shows(writer, spec, shows, findings, previous_digests, page_url_prefix, folder)


def lint_draft(
    draft: FeedDraft, page_store: FileReader, now: datetime, run: Run = run_here, at_once: int = 1
) -> LintedFeed:
    """Lints the draft's pages as they will be published; `run` reads pages in other processes, so many at once."""
    linter = PageLinter(Profile(draft.profile), _epoch_ms(now), run, at_once)
    findings = linter.lint([page.name for page in draft.pages], page_store)
    errors, warnings = findings.count(FeedSeverity.ERROR), findings.count(FeedSeverity.WARNING)
    return LintedFeed(errors=errors, warnings=warnings, rules=rule_counts(findings))


def read_back(draft: FeedDraft, url: str, fetch: Callable[[str], bytes]) -> None:
    """Follows the chain of pages from its public address; FeedRefused where a page is not the one that was linted."""
    following: str | None = url
    for number, page in enumerate(draft.pages, start=1):
        content = fetch(following) if following is not None else b""
        if hashlib.sha256(content).hexdigest() != page.sha256:
            raise FeedRefused(
                f"page {number} of the feed {draft.feed} at {following} is not the one that was sent: a cache in front "
                "of the bucket, or somebody else, serves another one; readers keep the last good feed"
            )
        following = figures_of(split_page(page.name, content, LIST_KEYS)).next_page_url
        log.info("feed %s: page %s of %s read back", draft.feed, number, len(draft.pages))


def refuse_errors(feed: str, where: str, linted: LintedFeed) -> None:
    """FeedRefused where the linter found an error; its message names the rules with examples."""
    if not linted.errors:
        return
    rules = [rule for rule in linted.rules if rule.severity == FeedSeverity.ERROR]
    lines = [f"the feed {feed}, {where}, has {linted.errors} errors and is not published; the last good one stays:"]
    for rule in rules:
        lines.append(f"  {rule.code} {rule.name} x{rule.count} -> {rule.owner}: {'; '.join(rule.examples[:3])}")
    raise FeedRefused("\n".join(lines))


def rule_counts(findings: Findings) -> tuple[RuleCount, ...]:
    """Findings by rule, worst first, with the first examples of each."""
    return tuple(
        RuleCount(
            code=rule.code,
            name=rule.name,
            severity=rule.severity.value,
            owner=rule.owner.value,
            count=count,
            examples=tuple(
                f"{finding.asset_id or finding.path or finding.file}: {finding.message}"
                for finding in examples[:EXAMPLES_MAX]
            ),
        )
        for rule, count, examples in findings.by_rule()
    )


def _epoch_ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)
