"""What a title's page says of its deliveries, of what the partner is offered, and of its feeds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.title_page import AcceptedRevision, EventPage, LatestPublication, TitleDelivery, TitlePage


@dataclass(frozen=True, slots=True)
class FeedView:
    """One feed of the partner: its latest publication, or None; `has_title` as a sentence."""

    name: str
    publication: LatestPublication | None
    has_title: str


@dataclass(frozen=True, slots=True)
class Offer:
    """Whether the partner is offered the title, in a sentence, and what may be done about it."""

    sentence: str
    is_offered: bool


def chosen_delivery(known: TitlePage, delivery_key: str) -> TitleDelivery | None:
    """The delivery that the page is about: the named one, else the current one; None where there is none."""
    wanted = delivery_key or known.status.delivery_key
    found = next((one for one in known.deliveries if one.delivery.delivery_key == wanted), None)
    if found is None and not delivery_key:
        return next(iter(known.deliveries), None)
    return found


def is_held(known: TitlePage) -> bool:
    """Whether the partner has refused the current delivery, so that no scheduled run sends it again as it is."""
    current = chosen_delivery(known, "")
    refused = current is not None and current.delivery.refused_cause is not None
    return refused and known.status.state is DeliveryState.FAILED


def latest_error(known: TitlePage, events: EventPage) -> str | None:
    """The partner's code for the failure of the current delivery, from these events; None where they have none."""
    if known.status.state is not DeliveryState.FAILED:
        return None
    own = (one for one in events.events if one.delivery_key == known.status.delivery_key)
    return next((one.error_code for one in own if one.error_code), None)


def offer_of(known: TitlePage, annex: Annex, now: datetime) -> Offer:
    """Whether the partner is offered the title at this moment."""
    revision = known.revision
    if revision is None:
        return Offer(f"{annex.display_name} has never accepted it.", False)
    if revision.withdrawn_at is None:
        return Offer("It is offered.", True)
    by_whom = "by hand" if revision.withdrawal_reason is not None else "because the catalogue no longer offers it"
    if revision.is_offered(now):
        return Offer(f"It was withdrawn {by_whom}, and is offered until its end date.", True)
    return Offer(f"It was withdrawn {by_whom}, and is not offered any more.", False)


def feed_views(known: TitlePage, annex: Annex) -> tuple[FeedView, ...]:
    """The partner's feeds, and those that were published under a name that the annex no longer has."""
    published = {one.feed: one for one in known.publications}
    names = [spec.name for spec in annex.feeds]
    names += [name for name in published if name not in names]
    return tuple(FeedView(name, published.get(name), _sentence(published.get(name), known.revision)) for name in names)


def _sentence(publication: LatestPublication | None, revision: AcceptedRevision | None) -> str:
    if publication is None:
        return "never published"
    if publication.has_title:
        return "has the title"
    if revision is not None and revision.accepted_at > publication.began_at:
        return "does not have the title: it was accepted after this publication began"
    return "does not have the title"
