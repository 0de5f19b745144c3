"""One transition of one delivery: changes its row where the state allows it, and writes its event."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, false, func, literal_column, select, true

from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.comparison import AT_PARTNER, UNDER_WAY
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.delivery_changes import NOTHING_GIVEN, change_delivery, delivery_row
from edye_delivery.ledger.leases import NO_LEASE, TitleBusy
from edye_delivery.ledger.offers import raise_version
from edye_delivery.ledger.records import TRANSITIONS, WAITED_FOR, TransitionRefused
from edye_delivery.ledger.rows import chunks, delivery_of, upsert_into
from edye_delivery.ledger.tables import DELIVERIES
from edye_delivery.ledger.title_status import TRANSITION_ACTIONS, keep_status
from edye_delivery.ledger.trail import Call, note, note_all

CLEARED: dict[str, Any] = {
    "cause": None, "owner": None, "detail": "", "rules": [], "waited_until": None, **NO_LEASE,
}  # fmt: skip
"""A transition clears these: the last failure, the lease, and until when a run waits for the delivery."""
ROUND_ENDED: dict[str, Any] = {"rounds_ended": DELIVERIES.c.rounds_ended + 1, "unanswered": 0}
"""What changes where an ingest has ended, well or not."""
TITLE_MAX_CHARS = 500
CHANGES_EXPOSURE = frozenset({DeliveryState.RECEIVED, DeliveryState.FAILED, DeliveryState.WITHDRAWN})
"""With these a delivery to a partner that pulls begins or ends to be exposed; acceptance shows the same content on."""


@dataclass(frozen=True, slots=True)
class Transitions:
    """Writes over the caller's connection; counts the errors of `client`, where there is one."""

    now: Callable[[], datetime]
    client: Client | None = None

    def apply(
        self,
        connection: Connection,
        key: str,
        state: DeliveryState,
        action: str,
        condition: ColumnElement[bool] | None = None,
        call: Call | None = None,
        by_run: str | None = None,
        given: Mapping[str, Any] = NOTHING_GIVEN,
        **values: Any,
    ) -> Mapping[Any, Any]:
        """Gives the delivery its new state and `values`, clears its last failure, and returns its row.

        `given` are the parameters of the condition and of values that are expressions. The event names `by_run` where
        another run than the delivery's own changes it. TransitionRefused where its state or `condition` does not allow
        it; TitleBusy where somebody else's lease does not.
        """
        at = self.now()
        ended = {"finished_at": at if state.is_terminal else None}
        new = CLEARED | ended | values | {"state": state, "updated_at": at}
        row = change_delivery(connection, key, TRANSITIONS[state], new, condition, given)
        if row is None:
            raise _refusal(connection, key, state)
        if action not in TRANSITION_ACTIONS:
            raise ValueError(f"{action!r} is no transition, so the events would not show the state of the title")
        self.note(connection, row if by_run is None else {**row, "run_id": by_run}, action, call, at)
        keep_status(connection, row["partner"], [row])
        if row["channel"] == Channel.PULL and state in CHANGES_EXPOSURE:
            raise_version(connection, row["partner"], row["external_id"])
        return row

    def plan_all(
        self, connection: Connection, partner: str, run_id: str, plans: Sequence[PlannedTitle], channel: Channel
    ) -> None:
        """Plans unknown deliveries, and plans or waits again for known ones (`Ledger.plan`), in one statement.

        The rows are locked in the order of their keys, so that two runs that plan the same titles do not wait for each
        other.
        """
        at = self.now()
        for group in chunks(plans):
            keys = [plan.delivery_key for plan in group]
            query = select(DELIVERIES.c.delivery_key).where(DELIVERIES.c.delivery_key.in_(keys))
            known = frozenset(connection.execute(query).scalars())
            upsert = self._upsert(connection, channel, [_row_of_plan(partner, run_id, plan, at) for plan in group])
            planned = connection.execute(upsert.returning(DELIVERIES)).mappings().all()
            keep_status(connection, partner, planned)
            note_all(connection, [(row, _action_of(row, known)) for row in planned], at, self._client_id)

    def _upsert(self, connection: Connection, channel: Channel, rows: Sequence[Mapping[str, Any]]) -> Any:
        upsert = upsert_into(connection, DELIVERIES).values(rows)
        waits = DELIVERIES.c.cause.in_(WAITED_FOR) & DELIVERIES.c.tracking_id.is_not(None)
        changed = CLEARED | {
            "state": case((waits, DeliveryState.RECEIVED.value), else_=DeliveryState.PLANNED.value),
            "run_id": upsert.excluded.run_id,
            "updated_at": upsert.excluded.updated_at,
            "read_at": _later(DELIVERIES.c.read_at, upsert.excluded.read_at),
            "finished_at": None,
        }
        may_change = case(
            (_is_left_to(channel), false()),
            (waits, true()),
            (DELIVERIES.c.state == DeliveryState.ACCEPTED, is_superseded_in_ledger()),
            else_=DELIVERIES.c.state.in_(TRANSITIONS[DeliveryState.PLANNED]),
        )
        return upsert.on_conflict_do_update(index_elements=["delivery_key"], set_=changed, where=may_change)

    def note(
        self,
        connection: Connection,
        row: Mapping[Any, Any],
        action: str,
        call: Call | None = None,
        at: datetime | None = None,
    ) -> None:
        """Writes an event of a delivery, at this time or at `at`."""
        note(connection, row, action, at or self.now(), self._client_id, call)

    @property
    def _client_id(self) -> str | None:
        return self.client.client_id if self.client else None


def _refusal(connection: Connection, key: str, state: DeliveryState) -> TransitionRefused:
    """Why the delivery cannot get the state."""
    row = delivery_row(connection, key)
    if row is not None and row["state"] in TRANSITIONS[state] and row["lease_holder"]:
        return TitleBusy.by(delivery_of(row))
    by_channel = f" by the channel {row['channel']}" if row and row["channel"] else ""
    problem = f"is {row['state']}{by_channel}" if row else "is not in the ledger"
    return TransitionRefused(f"the delivery {key[:12]} {problem}, so it cannot become {state}")


def _row_of_plan(partner: str, run_id: str, plan: PlannedTitle, at: datetime) -> dict[str, Any]:
    """The row of a planned delivery that the ledger does not know yet."""
    return {
        "delivery_key": plan.delivery_key,
        "content_key": plan.content_key,
        "partner": partner,
        "external_id": plan.external_id,
        "edye_id": plan.title.id,
        "title": printable(plan.title.name, TITLE_MAX_CHARS),  # PostgreSQL takes no NUL
        "kind": plan.title.kind,
        "lang": plan.title.lang,
        "file_name": plan.file_name,
        "media_digest": plan.media_digest,
        "revision": plan.revision,
        "read_at": plan.read_at,
        "state": DeliveryState.PLANNED,
        "run_id": run_id,
        "planned_at": at,
        "updated_at": at,
        "detail": "",
    }


def _later(known: ColumnElement[Any], read: ColumnElement[Any]) -> ColumnElement[Any]:
    """The later of two times; either may be unknown."""
    return case((known.is_(None) | (read > known), read), else_=known)


def _action_of(row: Mapping[Any, Any], known: Collection[str]) -> str:
    if row["state"] == DeliveryState.RECEIVED:
        return "wait again"
    return "plan again" if row["delivery_key"] in known else "plan"


def _is_left_to(channel: Channel) -> ColumnElement[bool]:
    """As `Delivery.is_left_to`, for the database."""
    under_way = DELIVERIES.c.state.in_(UNDER_WAY) | DELIVERIES.c.cause.in_(WAITED_FOR)
    return DELIVERIES.c.channel.is_not(None) & (DELIVERIES.c.channel != channel) & under_way


def is_superseded_in_ledger() -> ColumnElement[bool]:
    """As `comparison.is_superseded`, for the database."""
    other = DELIVERIES.alias()

    def own(name: str) -> ColumnElement[Any]:  # as text: in an upsert SQLAlchemy does not know the outer row
        return literal_column(f"deliveries.{name}")

    newer = select(other.c.delivery_key).where(
        other.c.partner == own("partner"),
        other.c.external_id == own("external_id"),
        other.c.content_key != own("content_key"),
        func.coalesce(other.c.state, "").in_(AT_PARTNER),  # else SQLite looks by state, not by title
        other.c.sent_at > own("sent_at"),
    )
    return newer.exists()
