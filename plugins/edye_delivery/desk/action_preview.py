"""What an order would do with each title that it names, by the ledger alone and before any run exists."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.vocabulary import Correction, DeliveryState
from edye_delivery.desk.action_orders import Action
from edye_delivery.ledger.comparison import SENT_AGAIN_AS_IT_IS, UNDER_WAY
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.status import Selection, Status, StatusReader

SHOWN_MAX = 200
UNKNOWN = "The ledger does not know it at this partner: check the id"
UNDER_WAY_NOW = "Under way: it is waited for, and not sent a second time"
SENT_AGAIN = "Checked, and sent again if it passes"
NOT_HELD = "Not held"


@dataclass(frozen=True, slots=True)
class PreviewTitle:
    """One named title: its name and state now, empty where the ledger does not know it, and what would happen."""

    external_id: str
    title: str
    state: str
    effect: str


@dataclass(frozen=True, slots=True)
class Preview:
    """The first titles, how many titles have each effect, and how many are named; none where a window selects them."""

    titles: tuple[PreviewTitle, ...]
    effects: tuple[tuple[str, int], ...]
    total: int


def preview_of(connection: Connection, action: Action, request: RunRequest, now: datetime) -> Preview:
    """What the order would do with the titles that it names."""
    reader = StatusReader(connection, now)
    known: dict[str, Status] = {}
    names: Sequence[str] = request.external_ids
    for some in chunks(names):
        selection = Selection(request.partner, external_ids=tuple(some))
        known |= {one.external_id: one for one in reader.titles(selection, ended_well=True)}
    titles = tuple(_title_of(name, known.get(name), action, request) for name in names)
    return Preview(titles[:SHOWN_MAX], tuple(Counter(one.effect for one in titles).most_common()), len(titles))


def effect_on(status: Status, action: Action, request: RunRequest) -> str:
    """What would happen with a title that the ledger knows; the dry run reads the catalogue and knows more."""
    if action is Action.WITHDRAW:
        return _withdrawn(status, request)
    if status.state in UNDER_WAY:
        return UNDER_WAY_NOW
    if action is Action.RELEASE:
        return _released(status)
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


def _released(status: Status) -> str:
    is_refused = status.state is DeliveryState.FAILED and status.cause not in SENT_AGAIN_AS_IT_IS
    return "Checked, and sent as it is now" if is_refused else f"{NOT_HELD}: it is {status.state}"


def _title_of(name: str, status: Status | None, action: Action, request: RunRequest) -> PreviewTitle:
    if status is None:
        return PreviewTitle(name, "", "", UNKNOWN)
    return PreviewTitle(name, status.title, status.state.value, effect_on(status, action, request))
