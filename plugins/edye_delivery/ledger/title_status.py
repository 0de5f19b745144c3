"""The status of a title at its partner, written in the transaction that changes the state of one of its deliveries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, null, select, update

from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.comparison import UNDER_WAY
from edye_delivery.ledger.driver_statement import DriverStatement
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import DELIVERIES, TITLE_STATUS
from edye_delivery.ledger.title_words import NAMED, TitleFacts, facts_of, keep_words

CONFIRM = "confirm"
TRANSITION_ACTIONS = frozenset(
    {"plan", "plan again", "wait again", "reject", "send", "receive", "fail", "observe", "accept", "withdraw", CONFIRM}
)
"""The actions of events that change a delivery's state; the other events are of steps that leave it as it is."""
OF_A_TITLE = ("partner", "external_id")
NEW_STATE = bindparam("new_state", type_=TITLE_STATUS.c.state.type)
NEW_SINCE = bindparam("new_since", type_=TITLE_STATUS.c.since.type)
UPDATE_CURRENT = DriverStatement(
    update(TITLE_STATUS)
    .where(*(TITLE_STATUS.c[name] == bindparam(f"of_{name}") for name in (*OF_A_TITLE, "delivery_key")))
    .values(
        state=NEW_STATE,
        cause=null(),
        owner=null(),
        since=case((TITLE_STATUS.c.state == NEW_STATE, TITLE_STATUS.c.since), else_=NEW_SINCE),
    ),
    (),
)


@dataclass(frozen=True, slots=True)
class TitleStatus:
    """A title's current delivery, its state and since when it has it, and the delivery that was accepted last."""

    delivery_key: str
    state: DeliveryState
    cause: str | None
    owner: str | None
    since: datetime
    accepted_key: str | None = None
    accepted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Transition:
    """One delivery that has just changed its state."""

    delivery_key: str
    state: DeliveryState
    cause: str | None
    owner: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Sibling:
    """What the choice of a title's current delivery needs to know about each of its deliveries."""

    state: DeliveryState
    sent_at: datetime | None
    state_since: datetime


def status_after(before: TitleStatus | None, transition: Transition, siblings: Mapping[str, Sibling]) -> TitleStatus:
    """The title's status after the transition; `siblings` are all its deliveries, with the one that changed.

    The current delivery is the one under way; of several, the one that was sent last. Else it is the one that changed.
    Where content that was sent later is accepted already, the end of an older delivery does not change the status.
    """
    accepted_key, accepted_at = (before.accepted_key, before.accepted_at) if before else (None, None)
    if transition.state is DeliveryState.ACCEPTED and not _is_overtaken(
        transition.delivery_key, siblings, accepted_key
    ):
        accepted_key, accepted_at = transition.delivery_key, transition.at
    current = _current_key(before.delivery_key if before else None, transition, siblings, accepted_key)
    if current == transition.delivery_key:
        values = (transition.state, transition.cause, transition.owner)
        is_new = before is None or (before.delivery_key, before.state, before.cause) != (current, *values[:2])
        since = transition.at if is_new or before is None else before.since
        return TitleStatus(current, *values, since, accepted_key, accepted_at)
    if before is not None and current == before.delivery_key:
        values = (before.state, before.cause, before.owner)
        return TitleStatus(current, *values, before.since, accepted_key, accepted_at)
    other = siblings[current]
    return TitleStatus(current, other.state, None, None, other.state_since, accepted_key, accepted_at)


def confirm(before: TitleStatus, key: str, state: DeliveryState, at: datetime) -> TitleStatus:
    """The status where the accepted delivery is the current one again; whatever was begun since no longer counts."""
    return TitleStatus(key, state, None, None, at, before.accepted_key, before.accepted_at)


def replay(events: Iterable[Any]) -> TitleStatus | None:
    """The title's status from its events, oldest first; None where no event changes a delivery's state."""
    status: TitleStatus | None = None
    siblings: dict[str, Sibling] = {}
    for event in events:
        state = DeliveryState(event.state)
        known = siblings.get(event.delivery_key)
        was_withdrawn = known is not None and known.state is DeliveryState.WITHDRAWN
        is_withdrawal = state is DeliveryState.WITHDRAWN and not was_withdrawn
        if event.action not in TRANSITION_ACTIONS or (event.action == "withdraw" and not is_withdrawal):
            continue
        if event.action == CONFIRM and status is not None:
            status = confirm(status, event.delivery_key, state, event.at)
            continue
        sent_at = event.at if event.action == "send" else known.sent_at if known else None
        siblings[event.delivery_key] = Sibling(state, sent_at, event.at)
        transition = Transition(event.delivery_key, state, event.cause, event.owner, event.at)
        status = status_after(status, transition, siblings)
    return status


def keep_status(connection: Connection, partner: str, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Writes the status of the titles of these deliveries; each is a row whose state has just changed."""
    if not rows or (len(rows) == 1 and _update_current(connection, rows[0])):
        return
    names = sorted({row["external_id"] for row in rows})
    statuses = _lock(connection, partner, names)
    missing = [row for row in rows if row["external_id"] not in statuses]
    if missing:  # of two writers, the second waits here until the first has made the title's row
        first = {row["external_id"]: _first(row) for row in missing}
        facts = {row["delivery_key"]: facts_of(row) for row in missing}
        _write(connection, partner, first, facts, is_new=True)
        keep_words(connection, partner, {name: facts[status.delivery_key] for name, status in first.items()})
        statuses |= _lock(connection, partner, sorted(first))
    siblings, facts = _siblings(connection, partner, names)
    changed: dict[str, TitleStatus] = {}
    renamed: dict[str, TitleFacts] = {}
    for row in rows:
        name = row["external_id"]
        before = statuses[name]
        after = status_after(before, _transition(row), siblings[name])
        if after != before:
            changed[name] = statuses[name] = after
        if facts[after.delivery_key] != facts[before.delivery_key]:
            renamed[name] = facts[after.delivery_key]
    _write(connection, partner, changed, facts)
    keep_words(connection, partner, renamed)


def confirm_accepted(
    connection: Connection, partner: str, plan: PlannedTitle, at: datetime
) -> Mapping[Any, Any] | None:
    """Makes the plan's accepted delivery the title's current one, where a delivery of other content ended since.

    The delivery's row, for its event; None where nothing changed. A refused resend of the same content stays the
    current delivery: it is open until it ends well.
    """
    out_of_date = (
        select(TITLE_STATUS.c.delivery_key)
        .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
        .where(TITLE_STATUS.c.partner == partner, TITLE_STATUS.c.external_id == plan.external_id)
        .where(DELIVERIES.c.content_key != plan.content_key, TITLE_STATUS.c.state.not_in(UNDER_WAY))
    )
    if connection.execute(out_of_date).first() is None:
        return None
    accepted = (DELIVERIES.c.delivery_key == plan.delivery_key) & (DELIVERIES.c.state == DeliveryState.ACCEPTED)
    row = connection.execute(select(DELIVERIES).where(accepted)).mappings().first()
    if row is not None:
        before = _lock(connection, partner, [plan.external_id])[plan.external_id]
        after = confirm(before, plan.delivery_key, DeliveryState.ACCEPTED, at)
        _write(connection, partner, {plan.external_id: after}, {plan.delivery_key: facts_of(row)})
    return row


def make_accepted_current(connection: Connection, planned: Mapping[Any, Any], at: datetime) -> Mapping[Any, Any] | None:
    """Makes the title's accepted delivery the current one, where the current one is planned and will not be sent.

    The accepted delivery's row, for its event; None where the current delivery is another, or none was accepted.
    """
    partner, name = planned["partner"], planned["external_id"]
    before = _lock(connection, partner, [name]).get(name)
    if before is None or before.delivery_key != planned["delivery_key"] or before.accepted_key is None:
        return None
    accepted = select(DELIVERIES).where(DELIVERIES.c.delivery_key == before.accepted_key)
    row = connection.execute(accepted).mappings().one()
    after = confirm(before, row["delivery_key"], DeliveryState(row["state"]), at)
    _write(connection, partner, {name: after}, {after.delivery_key: facts_of(row)})
    return row


def _current_key(
    before: str | None, transition: Transition, siblings: Mapping[str, Sibling], accepted: str | None
) -> str:
    under_way = [
        (one.sent_at, key)
        for key, one in siblings.items()
        if one.state in UNDER_WAY and one.sent_at is not None and not _is_overtaken(key, siblings, accepted)
    ]
    if under_way:
        return max(under_way)[1]
    ends = transition.state in UNDER_WAY or transition.state in (DeliveryState.FAILED, DeliveryState.ACCEPTED)
    is_overtaken = _is_overtaken(transition.delivery_key, siblings, accepted)
    return before if before is not None and ends and is_overtaken else transition.delivery_key


def _is_overtaken(key: str, siblings: Mapping[str, Sibling], accepted: str | None) -> bool:
    """Whether the delivery was sent before the one of its title that was accepted last."""
    if accepted is None or accepted not in siblings:
        return False
    sent_at, accepted_sent_at = siblings[key].sent_at, siblings[accepted].sent_at
    return sent_at is not None and accepted_sent_at is not None and sent_at < accepted_sent_at


def _update_current(connection: Connection, row: Mapping[Any, Any]) -> bool:
    """Writes the state of a delivery under way that is its title's current one already; whether it was."""
    if row["state"] not in UNDER_WAY:
        return False
    known = {f"of_{name}": row[name] for name in (*OF_A_TITLE, "delivery_key")}
    new = {"new_state": row["state"], "new_since": row["updated_at"]}
    return UPDATE_CURRENT.execute(connection, {**known, **new}).rowcount == 1


def _lock(connection: Connection, partner: str, names: Sequence[str]) -> dict[str, TitleStatus]:
    """Locks the rows of these titles until the transaction ends."""
    query = (
        select(TITLE_STATUS)
        .where(TITLE_STATUS.c.partner == partner, TITLE_STATUS.c.external_id.in_(names))
        .order_by(TITLE_STATUS.c.external_id)
        .with_for_update()
    )
    return {row["external_id"]: title_status_of(row) for row in connection.execute(query).mappings()}


def title_status_of(row: Mapping[Any, Any]) -> TitleStatus:
    """A row of `title_status`."""
    known = {field.name: row[field.name] for field in fields(TitleStatus)}
    return TitleStatus(**known | {"state": DeliveryState(row["state"])})


def _siblings(
    connection: Connection, partner: str, names: Sequence[str]
) -> tuple[dict[str, dict[str, Sibling]], dict[str, TitleFacts]]:
    """All deliveries of each title, and what each delivery says of its title."""
    columns = (DELIVERIES.c[name] for name in ("external_id", "delivery_key", "state", "sent_at", "updated_at", *NAMED))
    query = select(*columns).where(DELIVERIES.c.partner == partner, DELIVERIES.c.external_id.in_(names))
    found: dict[str, dict[str, Sibling]] = {name: {} for name in names}
    facts: dict[str, TitleFacts] = {}
    for row in connection.execute(query):
        found[row.external_id][row.delivery_key] = Sibling(DeliveryState(row.state), row.sent_at, row.updated_at)
        facts[row.delivery_key] = facts_of(row._mapping)
    return found, facts


def _transition(row: Mapping[Any, Any]) -> Transition:
    state = DeliveryState(row["state"])
    return Transition(row["delivery_key"], state, row["cause"], row["owner"], row["updated_at"])


def _first(row: Mapping[Any, Any]) -> TitleStatus:
    transition = _transition(row)
    sibling = Sibling(transition.state, row["sent_at"], transition.at)
    return status_after(None, transition, {transition.delivery_key: sibling})


def _write(
    connection: Connection,
    partner: str,
    statuses: Mapping[str, TitleStatus],
    facts: Mapping[str, TitleFacts],
    *,
    is_new: bool = False,
) -> None:
    """Writes these statuses, each with what its current delivery says of the title; `facts` are by delivery."""
    if not statuses:
        return
    rows = [
        {"partner": partner, "external_id": name, **asdict(status), **asdict(facts[status.delivery_key])}
        for name, status in sorted(statuses.items())
    ]
    statement = upsert_into(connection, TITLE_STATUS).values(rows)
    named = {name: statement.excluded[name] for name in rows[0] if name not in OF_A_TITLE}
    connection.execute(
        statement.on_conflict_do_nothing()
        if is_new
        else statement.on_conflict_do_update(index_elements=OF_A_TITLE, set_=named)
    )
