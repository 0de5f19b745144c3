"""Where every title stands at a partner, out of the ledger's tables: questions only, each streamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, Subquery, case, exists, func, inspect, literal, null, select

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.classify import UNDER_WAY
from edye_delivery.ledger.read_only import NoLedger
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, STREAKS

State = DeliveryState
WORST_FIRST = (
    State.FAILED, State.REJECTED, State.SENDING, State.RECEIVED, State.PROCESSING, State.COMPLETED, State.PLANNED,
    State.WITHDRAWN, State.ACCEPTED,
)  # fmt: skip
NEEDS_A_PERSON = frozenset({State.FAILED, State.REJECTED})
ENDED_WELL = frozenset({State.ACCEPTED, State.WITHDRAWN})
ROWS_A_READ = 1000
BADNESS = case(
    *((DELIVERIES.c.state == state.value, literal(number)) for number, state in enumerate(WORST_FIRST)),
    else_=literal(len(WORST_FIRST)),
)
BY_CAUSE = func.coalesce(DELIVERIES.c.cause, "")
OF_ITS_TITLE = (REVISIONS.c.partner == DELIVERIES.c.partner) & (REVISIONS.c.external_id == DELIVERIES.c.external_id)
SHOWN = (
    "partner", "external_id", "edye_id", "title", "kind", "lang", "state", "cause", "owner", "detail", "rules",
    "attempts", "tracking_id", "delivery_key", "run_id", "planned_at", "sent_at", "updated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Which titles are asked for: of one partner, with a current delivery updated in a window, of these ids."""

    partner: str | None = None
    window: Window | None = None
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many titles of a partner stand alike, and since when the first of them does."""

    partner: str
    state: DeliveryState
    cause: Cause | None
    owner: str | None
    titles: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """One title at one partner: its current delivery, and what is accepted of it."""

    partner: str
    external_id: str
    edye_id: str
    title: str
    kind: str
    lang: str | None
    state: DeliveryState
    cause: Cause | None
    owner: str | None
    detail: str
    rules: tuple[str, ...]
    attempts: int
    tracking_id: str | None
    delivery_key: str
    run_id: str
    planned_at: datetime
    sent_at: datetime | None
    updated_at: datetime
    channel: str | None
    accepted_key: str | None
    accepted_at: datetime | None
    withdrawn_at: datetime | None

    @property
    def next_step(self) -> str:
        """What to do next, in the report's words."""
        return next_step(self.state, self.cause)


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened to a title."""

    at: datetime
    action: str
    state: str
    detail: str
    run_id: str
    delivery_key: str


@dataclass(frozen=True, slots=True)
class ErrorsInARow:
    """The errors of one client that followed one another up to now; `alerted_at` where somebody was woken."""

    client_id: str
    errors: int
    first_error_at: datetime | None
    alerted_at: datetime | None


class Standings:
    """The ledger's answers over one connection; a ledger of an earlier version answers what it can."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        tables = inspect(connection)
        columns = {column["name"] for column in tables.get_columns(DELIVERIES.name)}
        self._channel = DELIVERIES.c.channel if "channel" in columns else null()
        self._has_streaks = tables.has_table(STREAKS.name)

    def partners(self) -> list[str]:
        """Every partner that the ledger knows."""
        query = select(DELIVERIES.c.partner).distinct().order_by(DELIVERIES.c.partner)
        return list(self._connection.execute(query).scalars())

    def external_ids(self, partner: str | None = None) -> Iterator[str]:
        """Every title's external_id, once a partner."""
        query = select(DELIVERIES.c.partner, DELIVERIES.c.external_id).where(*_selected(Selection(partner))).distinct()
        yield from (row.external_id for row in self._rows(query))

    def counts(self, selection: Selection) -> list[Count]:
        """How many titles stand alike: by partner, worst state first, cause."""
        alike = [DELIVERIES.c[name] for name in ("partner", "state", "cause", "owner")]
        query = (
            _current(selection, *alike, func.count().label("titles"), func.min(DELIVERIES.c.updated_at).label("since"))
            .group_by(*alike)
            .order_by(DELIVERIES.c.partner, BADNESS, BY_CAUSE)
        )
        return [
            Count(row.partner, _state(row.state), _cause(row.cause), row.owner, row.titles, row.since)
            for row in self._connection.execute(query)
        ]

    def titles(self, selection: Selection, *, ended_well: bool = False, limit: int | None = None) -> Iterator[Standing]:
        """The titles, worst first, what waits longest first of these; those that ended well only if asked for."""
        shown = (DELIVERIES.c[name] for name in SHOWN)
        accepted = (REVISIONS.c.delivery_key.label("accepted_key"), REVISIONS.c.accepted_at, REVISIONS.c.withdrawn_at)
        query = _current(selection, *shown, self._channel.label("channel"), *accepted).order_by(
            BADNESS, BY_CAUSE, DELIVERIES.c.updated_at, DELIVERIES.c.partner, DELIVERIES.c.external_id
        )
        if not ended_well:
            query = query.where(DELIVERIES.c.state.not_in(ENDED_WELL))
        yield from map(_standing_of, self._rows(query if limit is None else query.limit(limit)))

    def history(self, partner: str, external_id: str) -> Iterator[Event]:
        """Everything that ever happened to a title at a partner, in order."""
        query = (
            select(*(EVENTS.c[name] for name in ("at", "action", "state", "detail", "run_id", "delivery_key")))
            .where(EVENTS.c.partner == partner, EVENTS.c.external_id == external_id)
            .order_by(EVENTS.c.id)
        )
        yield from (Event(*row) for row in self._rows(query))

    def errors_in_a_row(self, partner: str) -> list[ErrorsInARow]:
        """The streaks of the partner's clients that are on."""
        if not self._has_streaks:
            return []
        columns = (STREAKS.c[name] for name in ("client_id", "errors", "first_error_at", "alerted_at"))
        query = select(*columns).where(STREAKS.c.partner == partner, STREAKS.c.errors > 0).order_by(STREAKS.c.client_id)
        return [ErrorsInARow(*row) for row in self._connection.execute(query)]

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(query, execution_options={"yield_per": ROWS_A_READ})


def _current(selection: Selection, *columns: ColumnElement[Any]) -> Select[Any]:
    """Of every selected title the one delivery that says where it stands, with its accepted revision."""
    beaten = _beaten(selection)
    joined = DELIVERIES.outerjoin(beaten, beaten.c.delivery_key == DELIVERIES.c.delivery_key)
    if any(column.base_columns & set(REVISIONS.c) for column in columns):  # revisions are large: read if shown
        joined = joined.outerjoin(REVISIONS, OF_ITS_TITLE)
    query = select(*columns).select_from(joined).where(beaten.c.delivery_key.is_(None), *_selected(selection))
    if selection.window is not None:
        since, until = selection.window.start_at, selection.window.end_at
        query = query.where(DELIVERIES.c.updated_at >= since, DELIVERIES.c.updated_at < until)
    return query


def _beaten(selection: Selection) -> Subquery:
    """Deliveries that another one of their title stands before; only titles with several are looked at."""
    other = DELIVERIES.alias("other")
    has_several = exists().where(
        other.c.partner == DELIVERIES.c.partner,
        other.c.external_id == DELIVERIES.c.external_id,
        other.c.delivery_key != DELIVERIES.c.delivery_key,
    )
    place = func.row_number().over(
        partition_by=(DELIVERIES.c.partner, DELIVERIES.c.external_id), order_by=_what_matters_first()
    )
    ranked = (
        select(DELIVERIES.c.delivery_key, place.label("place"))
        .select_from(DELIVERIES.outerjoin(REVISIONS, OF_ITS_TITLE))
        .where(has_several, *_selected(selection))
        .subquery("ranked")
    )
    return select(ranked.c.delivery_key).where(ranked.c.place > 1).subquery("beaten")


def _what_matters_first() -> tuple[ColumnElement[Any], ...]:
    """The delivery under way; else the one that was moved, or accepted as it is, last.

    One under way does not count once content that was sent after it is accepted: no run goes on with it.
    """
    accepted = DELIVERIES.alias("accepted")
    overtaken = exists().where(
        accepted.c.delivery_key == REVISIONS.c.delivery_key,
        accepted.c.delivery_key != DELIVERIES.c.delivery_key,
        accepted.c.sent_at > DELIVERIES.c.sent_at,
    )
    is_ended = DELIVERIES.c.state.not_in(UNDER_WAY)
    rank = case((is_ended, literal(1)), (overtaken, literal(2)), else_=literal(0))
    confirmed = (REVISIONS.c.delivery_key == DELIVERIES.c.delivery_key) & (
        REVISIONS.c.accepted_at > DELIVERIES.c.updated_at
    )
    last_at = case(
        (~is_ended, DELIVERIES.c.sent_at), (confirmed, REVISIONS.c.accepted_at), else_=DELIVERIES.c.updated_at
    )
    return rank, last_at.desc(), DELIVERIES.c.delivery_key


def _selected(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.partner is not None:
        yield DELIVERIES.c.partner == selection.partner
    if selection.external_ids:
        yield DELIVERIES.c.external_id.in_(selection.external_ids)


def _state(name: str) -> DeliveryState:
    try:
        return State(name)
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the state {name!r:.40}, unknown here") from None


def _cause(name: str | None) -> Cause | None:
    try:
        return Cause(name) if name else None
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the cause {name!r:.40}, unknown here") from None


def _standing_of(row: Any) -> Standing:
    known = dict(row._mapping) | {
        "state": _state(row.state),
        "cause": _cause(row.cause),
        "rules": tuple(row.rules or ()),
    }
    return Standing(**known)
