"""A title's status at one partner as lists of titles show it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from edye_delivery.catalog.channel_words import state_text
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.desk.navigation import title_address
from edye_delivery.ledger.status_records import Status


@dataclass(frozen=True, slots=True)
class StatusView:
    """A status with its words, and the address of the title's page; `turn` says whose turn it is."""

    status: Status
    partner: str
    state: str
    turn: str
    address: Markup


def status_view(status: Status, names: Mapping[str, str]) -> StatusView:
    """The status at a partner, whose display name `names` has."""
    return StatusView(
        status,
        names.get(status.partner, status.partner),
        state_text(status.state, Channel(status.channel) if status.channel in list(Channel) else None),
        turn_of(status),
        escape(title_address(status.partner, status.external_id)),
    )


def turn_of(status: Status) -> str:
    """Whose turn it is, in a few words."""
    if status.nobody_waits:
        return "nobody is waiting for it"
    if status.waits_for_partner:
        return "the partner's"
    if status.needs_a_person:
        return status.owner or "a person's"
    return "nobody's"


def status_views(statuses: Iterable[Status], names: Mapping[str, str]) -> tuple[StatusView, ...]:
    """The statuses in the order of the partners' display names."""
    views = (status_view(one, names) for one in statuses)
    return tuple(sorted(views, key=lambda view: (view.partner.casefold(), view.status.external_id)))
