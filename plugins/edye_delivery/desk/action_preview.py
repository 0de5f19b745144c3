"""What an order would do with each title that it names, by the ledger alone and before any run exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.vocabulary import Correction, DeliveryState
from edye_delivery.desk.action_orders import Action
from edye_delivery.ledger.comparison import UNDER_WAY
from edye_delivery.ledger.holds import titles_on_hold
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.similar_titles import similar_titles
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection, Status

SHOWN_MAX = 200
SUGGESTED_FOR_MAX = 5
"""For so many unknown ids the page says which titles may be meant."""
UNKNOWN = "The ledger does not know it at this partner: check the id"
UNDER_WAY_NOW = "Under way: it is waited for, and not sent a second time"
SENT_AGAIN = "Checked, and sent again if it passes"
RELEASED = "Held: checked, and sent as it is now"
NOT_HELD = "Left out: it is not held"
UNKNOWN_LEFT_OUT = "Left out: the ledger does not know it at this partner"
NONE_HELD = "none of these titles is held, so there is nothing to release"


@dataclass(frozen=True, slots=True)
class PreviewTitle:
    """One named title: its name and state now, empty where the ledger does not know it, and what would happen."""

    external_id: str
    title: str
    state: str
    effect: str


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A text that is no title's id at the partner, and the titles that may be meant; an empty one was searched for."""

    text: str
    titles: tuple[Status, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first titles, how many titles have each effect, and how many are named; none where a window selects them.

    `can_start` is false where nothing is left to be done.
    """

    titles: tuple[PreviewTitle, ...]
    effects: tuple[tuple[str, int], ...]
    total: int
    suggestions: tuple[Suggestion, ...]
    can_start: bool


def preview_of(connection: Connection, action: Action, request: RunRequest, now: datetime) -> Preview:
    """What the order would do with the titles that it names."""
    reader = StatusReader(connection, now)
    known: dict[str, Status] = {}
    names: Sequence[str] = request.external_ids
    for some in chunks(names):
        selection = Selection(request.partner, external_ids=tuple(some))
        known |= {one.external_id: one for one in reader.titles(selection, ended_well=True)}
    held = titles_on_hold(connection, request.partner, names) if action is Action.RELEASE else frozenset(names)
    titles = tuple(_title_of(name, known.get(name), action, request, held) for name in names)
    return Preview(
        titles[:SHOWN_MAX],
        tuple(Counter(one.effect for one in titles).most_common()),
        len(titles),
        tuple(_suggestions(connection, request.partner, [name for name in names if name not in known], now)),
        can_start=not names or bool(held),
    )


def _suggestions(connection: Connection, partner: str, unknown: Sequence[str], now: datetime) -> Iterator[Suggestion]:
    for name in unknown[:SUGGESTED_FOR_MAX]:
        titles = similar_titles(connection, partner, name, now)
        if titles:
            yield Suggestion(name, titles)


def effect_on(status: Status, action: Action, request: RunRequest) -> str:
    """What would happen with a title that the ledger knows; the dry run reads the catalogue and knows more."""
    if action is Action.WITHDRAW:
        return _withdrawn(status, request)
    if status.state in UNDER_WAY:
        return UNDER_WAY_NOW
    if status.state is DeliveryState.WITHDRAWN or status.withdrawn_at is not None:
        if request.correction is Correction.RESEND:
            return "Withdrawn now: offered again"
        return "Withdrawn: only correction resend offers it again, if a person withdrew it"
    if request.correction in (Correction.RESEND, Correction.MEDIA):
        encode = " with a new encode" if request.correction is Correction.MEDIA else ""
        return f"Checked, and sent{encode} if it passes, accepted or not"
    if status.state is DeliveryState.ACCEPTED:
        return "Accepted: sent only if it has changed" if action is not Action.REDELIVER else _accepted(request)
    return SENT_AGAIN


def _accepted(request: RunRequest) -> str:
    if request.correction is Correction.METADATA:
        return "Accepted: sent only if its metadata has changed"
    return "Accepted: nothing is sent; correction resend sends it as it is"


def _withdrawn(status: Status, request: RunRequest) -> str:
    if status.withdrawn_at is not None or status.state is DeliveryState.WITHDRAWN:
        return "Withdrawn already, or offered until a date"
    if status.accepted_key is None:
        return "Not accepted yet, so it cannot be withdrawn"
    end_at = request.withdrawal.end_at if request.withdrawal else None
    return f"Offered until {end_at:%Y-%m-%d %H:%M} UTC" if end_at else "Leaves the feeds at once"


def _title_of(
    name: str, status: Status | None, action: Action, request: RunRequest, held: frozenset[str]
) -> PreviewTitle:
    if status is None:
        return PreviewTitle(name, "", "", UNKNOWN_LEFT_OUT if action is Action.RELEASE else UNKNOWN)
    if action is Action.RELEASE:
        effect = RELEASED if name in held else f"{NOT_HELD}, but {status.state}"
    else:
        effect = effect_on(status, action, request)
    return PreviewTitle(name, status.title, status.state.value, effect)
