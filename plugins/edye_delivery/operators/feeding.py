"""Feeds: assembled from the ledger, linted, published; the plain functions behind the steps."""

from __future__ import annotations

import hashlib
import logging
import tempfile
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.feed_records import FeedDraft, FeedPage, ItemChanges, LintedFeed, PublishedFeed, RuleCount
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.places import feed_page_name
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.errors import FeedRefused
from edye_delivery.feeds.assembling import assemble
from edye_delivery.feeds.changes import changes_between
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.lint import FeedLint
from edye_delivery.feeds.publishing import FIRST_PAGE, PAGES, publish
from edye_delivery.feeds.registry import FeedSeverity
from edye_delivery.feeds.schemas import Profile
from edye_delivery.feeds.writers import profile_of
from edye_delivery.ledger.publications import Publications

EXAMPLES_MAX = 10
log = logging.getLogger(__name__)


def draft_feed(
    annex: Annex,
    spec: FeedSpec,
    accepted: Iterable[Accepted],
    previous: Iterable[FeedPage],
    page_url_prefix: str,
    keep_page: Callable[[str, bytes], object],
    now: datetime,
) -> FeedDraft:
    """Assembles the feed and keeps its pages in the artifact store."""
    digests = [page.body_digest for page in previous]
    with tempfile.TemporaryDirectory(prefix="edye-feed-") as scratch:
        made = assemble(annex, spec, accepted, digests, page_url_prefix, Path(scratch), now)
        for page in made.pages:
            keep_page(feed_page_name(annex.partner, spec.name, page.name), page.path.read_bytes())
    pages = tuple(
        FeedPage(
            name=page.name,
            sha256=page.sha256,
            body_digest=page.body_digest,
            size_bytes=page.size_bytes,
            items=page.items,
        )
        for page in made.pages
    )
    log.info("feed %s: %s pages, %s", spec.name, len(pages), dict(made.kinds))
    return FeedDraft(
        feed=spec.name,
        pages=pages,
        kinds=dict(sorted(made.kinds.items())),
        notes=rule_counts(made.notes),
        profile=profile_of(spec).value,
    )


def lint_draft(annex: Annex, draft: FeedDraft, read_page: Callable[[str], bytes], now: datetime) -> LintedFeed:
    """Reads the draft's pages as they will be published."""
    lint = FeedLint(Profile(draft.profile), _epoch_ms(now))
    for number, page in enumerate(draft.pages, start=1):
        lint.add_page(page.name, read_page(feed_page_name(annex.partner, draft.feed, page.name)))
        log.info("feed %s: page %s of %s linted", draft.feed, number, len(draft.pages))
    return _linted(lint.finish().findings)


def publish_draft(
    annex: Annex,
    spec: FeedSpec,
    draft: FeedDraft,
    run_id: str,
    store: S3FeedStore,
    publications: Publications,
    read_page: Callable[[str], bytes],
    fetch: Callable[[str], bytes],
    now: datetime,
) -> PublishedFeed:
    """Publishes the draft, reading it back from its public address before readers are switched to it.

    FeedRefused where what comes back is not what was sent, or has errors; readers keep the last good feed then.
    """

    def page_content(page: FeedPage) -> bytes:
        return read_page(feed_page_name(annex.partner, spec.name, page.name))

    def check(url: str) -> None:
        refuse_errors(spec.name, f"as read back from {url}", read_back(draft, url, fetch, now))

    previous = publications.current()
    if not any(page.items for page in draft.pages):
        _refuse_emptying(spec.name, previous)
        return PublishedFeed(url=store.url(FIRST_PAGE), switched=False)
    number = publications.begin(run_id, draft.pages, draft.kinds)
    uploaded = publish(store, draft.pages, page_content, check, spec.cache_s)
    publications.published(number)
    log.info("feed %s: %s of %s pages sent, first page switched: %s", spec.name, len(uploaded.pages), len(draft.pages),
             uploaded.switched)  # fmt: skip
    changes = _changes(store, previous, draft.pages, page_content)
    outdated, names = publications.outdated(spec.keep_old_s)
    store.delete([PAGES + name for name in names])
    publications.cleaned(outdated)
    return PublishedFeed(
        url=store.url(FIRST_PAGE),
        uploaded=uploaded.pages,
        switched=uploaded.switched,
        changes=changes,
        deleted=len(names),
    )


def read_back(draft: FeedDraft, url: str, fetch: Callable[[str], bytes], now: datetime) -> LintedFeed:
    """Follows the chain from its public address as its readers do; FeedRefused where it is not what was sent."""
    lint = FeedLint(Profile(draft.profile), _epoch_ms(now))
    following: str | None = url
    for number, page in enumerate(draft.pages, start=1):
        content = fetch(following) if following is not None else b""
        if hashlib.sha256(content).hexdigest() != page.sha256:
            raise FeedRefused(
                f"page {number} of the feed {draft.feed} comes back from {following} other than it was sent: a cache "
                "in front of the bucket, or somebody else, serves another one; the last good feed stays"
            )
        following = lint.add_page(page.name, content).next_page_url
        log.info("feed %s: page %s of %s read back", draft.feed, number, len(draft.pages))
    return _linted(lint.finish().findings)


def refuse_errors(feed: str, where: str, linted: LintedFeed) -> None:
    """FeedRefused where the linter found an error; its message names the rules with examples."""
    if not linted.errors:
        return
    broken = [rule for rule in linted.rules if rule.severity == FeedSeverity.ERROR]
    lines = [f"the feed {feed}, {where}, has {linted.errors} errors and is not published; the last good one stays:"]
    for rule in broken:
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
                for finding in kept[:EXAMPLES_MAX]
            ),
        )
        for rule, count, kept in findings.by_rule()
    )


def _refuse_emptying(feed: str, previous: tuple[FeedPage, ...]) -> None:
    items = sum(page.items for page in previous)
    if items:
        raise FeedRefused(
            f"the feed {feed} would be empty and take {items} items out of search, so it is not published; look "
            "whether delivery_ledger leads to the right database, and delete the published pages by hand if it is meant"
        )
    log.info("feed %s: no title was accepted yet, so there is nothing to publish", feed)


def _linted(findings: Findings) -> LintedFeed:
    errors, warnings = findings.count(FeedSeverity.ERROR), findings.count(FeedSeverity.WARNING)
    return LintedFeed(errors=errors, warnings=warnings, rules=rule_counts(findings))


def _changes(
    store: S3FeedStore,
    previous: tuple[FeedPage, ...],
    pages: tuple[FeedPage, ...],
    page_content: Callable[[FeedPage], bytes],
) -> ItemChanges | None:
    """What changed since the publication before; only pages whose items differ are looked at. None where it is gone."""
    bodies = [{page.body_digest for page in chain} for chain in (previous, pages)]
    gone = [page for page in previous if page.body_digest not in bodies[1]]
    came = [page for page in pages if page.body_digest not in bodies[0]]
    old_pages = (store.get(PAGES + page.name) for page in gone)
    try:
        return changes_between(_all_known(old_pages), (page_content(page) for page in came))
    except LookupError:
        log.info("pages of the publication before are gone, so nobody can say what changed")
        return None


def _all_known(contents: Iterable[bytes | None]) -> Iterable[bytes]:
    for content in contents:
        if content is None:
            raise LookupError("a page of the publication before is gone")
        yield content


def _epoch_ms(now: datetime) -> int:
    return int(now.timestamp() * 1000)
