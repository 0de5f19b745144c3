"""What the pages of feeds and generations show, decided before the template sees it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.desk.texts import RuleText, rule_text
from edye_delivery.ledger.offers import OfferVersion, offer_version
from edye_delivery.ledger.publication_history import (
    FeedState,
    PastPublication,
    feed_state,
    newest_publication,
    publications_of,
)
from edye_delivery.pipeline.publish_generation import FEED
from edye_delivery.reports.feed_model import ReportedFeedRule, errors_first

PUBLICATIONS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class FeedCard:
    """A feed, or a partner's generations, in the list; `version` is the published one, None where nobody knows."""

    partner: str
    name: str
    feed: str
    is_generation: bool
    newest: PastPublication | None
    version: int | None
    offered: OfferVersion
    publisher: str | None

    @property
    def is_published(self) -> bool:
        """Whether readers were ever switched to something."""
        return self.newest is not None or bool(self.version)

    @property
    def is_stale(self) -> bool:
        """Whether what is offered has changed since the publication."""
        return self.is_published and self.version is not None and self.version < self.offered.version

    @property
    def shows_removed(self) -> bool:
        """Whether readers may still see a title that was withdrawn or end-dated since."""
        return self.is_published and self.version is not None and self.version < self.offered.removed_version


@dataclass(frozen=True, slots=True)
class PublicationView:
    """One publication beside the one before it; `same_pages` have the same items as pages of that one."""

    publication: PastPublication
    dag_id: str | None
    state: str
    badge: str
    items_more: int | None
    same_pages: int | None
    kinds: tuple[tuple[str, int, int | None], ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """How often a feed broke one rule, with the rule's text where it is known."""

    found: ReportedFeedRule
    rule: RuleText | None


def feed_cards(connection: Connection, annexes: Iterable[Annex]) -> tuple[FeedCard, ...]:
    """Every feed and every partner's generations, by the partner's name."""
    cards: list[FeedCard] = []
    for annex in sorted(annexes, key=lambda one: one.display_name.casefold()):
        cards += [feed_card(connection, annex, spec.name) for spec in annex.feeds]
        if annex.pull is not None:
            cards.append(generation_card(connection, annex))
    return tuple(cards)


def feed_card(connection: Connection, annex: Annex, feed: str) -> FeedCard:
    """One feed, as the ledger knows it."""
    newest = newest_publication(connection, annex.partner, feed)
    state = feed_state(connection, annex.partner, feed)
    version = newest.version if newest is not None else None
    offered = offer_version(connection, annex.partner)
    return FeedCard(annex.partner, annex.display_name, feed, False, newest, version, offered, _publisher(state))


def generation_card(connection: Connection, annex: Annex) -> FeedCard:
    """The generations of a partner that pulls, as the ledger knows them."""
    partner = pull_annex_of(annex).partner
    state, offered = feed_state(connection, partner, FEED), offer_version(connection, partner)
    version = state.version if state is not None else None
    return FeedCard(annex.partner, annex.display_name, FEED, True, None, version, offered, _publisher(state))


def publication_views(
    connection: Connection, partner: str, feed: str, before: int | None
) -> tuple[tuple[PastPublication, ...], int | None]:
    """The publications of a page and one more, to compare the last one with; where the next page begins."""
    found = publications_of(connection, partner, feed, PUBLICATIONS_A_PAGE + 1, before)
    return found, found[PUBLICATIONS_A_PAGE - 1].id if len(found) > PUBLICATIONS_A_PAGE else None


def compared(
    found: tuple[PastPublication, ...], newest: PastPublication | None, dag_of: Mapping[str, str]
) -> tuple[PublicationView, ...]:
    """Each publication beside the one that was published before it."""
    views: list[PublicationView] = []
    for number, one in enumerate(found[:PUBLICATIONS_A_PAGE]):
        before = next((other for other in found[number + 1 :] if other.published_at is not None), None)
        views.append(_compared(one, before, newest, dag_of.get(one.run_id)))
    return tuple(views)


def finding_views(rules: Iterable[ReportedFeedRule]) -> tuple[FindingView, ...]:
    """The findings, errors first, each with its rule's Why and Fix."""
    return tuple(FindingView(found, rule_text(found.code)) for found in errors_first(rules))


def _compared(
    one: PastPublication, before: PastPublication | None, newest: PastPublication | None, dag_id: str | None
) -> PublicationView:
    old_kinds = before.kinds if before is not None else None
    kinds = tuple(
        (
            kind,
            one.kinds.get(kind, 0),
            one.kinds.get(kind, 0) - old_kinds.get(kind, 0) if old_kinds is not None else None,
        )
        for kind in sorted({*one.kinds, *(old_kinds or {})})
    )
    bodies = {page.body_digest for page in before.pages} if before is not None else set()
    return PublicationView(
        one,
        dag_id,
        *_state(one, newest),
        items_more=one.items - before.items if before is not None else None,
        same_pages=sum(page.body_digest in bodies for page in one.pages) if before is not None else None,
        kinds=kinds,
    )


def _state(one: PastPublication, newest: PastPublication | None) -> tuple[str, str]:
    """What became of the publication, and the class of its badge."""
    if newest is not None and one.id == newest.id:
        return "published", "green"
    if one.published_at is None:
        return "never switched to", "missing"
    return ("replaced, pages deleted" if one.cleaned_at is not None else "replaced"), ""


def _publisher(state: FeedState | None) -> str | None:
    return state.run_id if state is not None else None
