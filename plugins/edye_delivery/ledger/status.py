"""The status of every title at a partner, from the table `title_status`: queries only, each streamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, bindparam, case, false, func, literal, select

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.fetches import waits_for_fetch
from edye_delivery.ledger.partial_indexes import DELIVERIES_OPEN
from edye_delivery.ledger.read_only import NoLedger
from edye_delivery.ledger.tables import CONSECUTIVE_ERRORS, DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL, NEEDS_A_PERSON, Count
from edye_delivery.ledger.waits import nobody_waits

State = DeliveryState
WORST_FIRST = (
    State.FAILED, State.REJECTED, State.SENDING, State.RECEIVED, State.PROCESSING, State.COMPLETED, State.PLANNED,
    State.WITHDRAWN, State.ACCEPTED,
)  # fmt: skip
ROWS_A_READ = 1000
BADNESS = case(
    *((TITLE_STATUS.c.state == state.value, literal(number)) for number, state in enumerate(WORST_FIRST)),
    else_=literal(len(WORST_FIRST)),
)
SINCE = func.min(TITLE_STATUS.c.since).label("since")
BY_CAUSE = func.coalesce(TITLE_STATUS.c.cause, "")
OF_ITS_TITLE = (REVISIONS.c.partner == TITLE_STATUS.c.partner) & (REVISIONS.c.external_id == TITLE_STATUS.c.external_id)
IS_ORIGINAL_REFUSED = case(
    (
        and_(
            TITLE_STATUS.c.state == State.FAILED,
            DELIVERIES.c.refused_cause == Cause.MEDIA,
            DELIVERIES.c.encode_name.is_(None),
        ),
        literal(1),
    ),
    else_=literal(0),
).label("is_original_refused")
IS_PULLED = case((DELIVERIES.c.channel == Channel.PULL, literal(1)), else_=literal(0)).label("is_pulled")
NOT_ENDED_WELL = [
    table.c.state.not_in(bindparam(None, sorted(ENDED_WELL), literal_execute=True, expanding=True))
    for table in (TITLE_STATUS, DELIVERIES)
]
"""Status and delivery of a title, in the words of their indexes, without which SQLite does not use these."""
LONGEST_FIRST = (TITLE_STATUS.c.since, TITLE_STATUS.c.partner, TITLE_STATUS.c.external_id)
FACTS = ("partner", "external_id", "delivery_key", "state", "cause", "owner", "since", "accepted_key", "accepted_at")
OF_THE_DELIVERY = (
    "edye_id", "title", "kind", "lang", "detail", "rules", "attempts", "tracking_id", "run_id", "planned_at", "sent_at",
    "channel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Selection:
    """Which titles to read: of one partner, with these ids, whose state began in a window."""

    partner: str | None = None
    window: Window | None = None
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """One title at one partner: its current delivery, and its accepted one."""

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
    since: datetime
    channel: str | None
    accepted_key: str | None
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    nobody_waits: bool = False
    is_original_refused: bool = False
    waits_for_partner: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether the title waits for a person."""
        return self.state in NEEDS_A_PERSON or self.nobody_waits

    @property
    def is_pulled(self) -> bool:
        """Whether the partner reads it by itself."""
        return self.channel == Channel.PULL

    @property
    def next_step(self) -> str:
        """What to do next, as the report says it."""
        return next_step(
            self.state,
            self.cause,
            is_pulled=self.is_pulled,
            nobody_waits=self.nobody_waits,
            is_original_refused=self.is_original_refused,
            waits_for_partner=self.waits_for_partner,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a title."""

    at: datetime
    action: str
    state: str
    detail: str
    run_id: str
    delivery_key: str


@dataclass(frozen=True, slots=True)
class ErrorsInARow:
    """The errors in a row of one client; `alerted_at` is when they raised an alert."""

    client_id: str
    errors: int
    first_error_at: datetime | None
    alerted_at: datetime | None


class StatusReader:
    """Queries over one connection; with `now` they also say for which deliveries nobody is waiting."""

    def __init__(self, connection: Connection, now: datetime | None = None) -> None:
        self._connection = connection
        unattended = false() if now is None else nobody_waits(now)
        self._nobody_waits = case((unattended, literal(1)), else_=literal(0)).label("nobody_waits")
        waits = waits_for_fetch() & ~unattended
        self._waits_for_partner = case((waits, literal(1)), else_=literal(0)).label("waits_for_partner")

    def partners(self) -> list[str]:
        """Every partner that the ledger knows."""
        query = select(TITLE_STATUS.c.partner).distinct().order_by(TITLE_STATUS.c.partner)
        return list(self._connection.execute(query).scalars())

    def external_ids(self, partner: str | None = None) -> Iterator[str]:
        """The external_id of every title, once for each partner."""
        query = select(TITLE_STATUS.c.external_id).where(*_conditions_of(Selection(partner)))
        yield from (row.external_id for row in self._rows(query))

    def counts(self, selection: Selection) -> list[Count]:
        """How many titles have the same state, cause and owner: by partner, worst state first."""
        return self._counts(self._grouped().where(*_conditions_of(selection)))

    def open_counts(self, partners: Collection[str]) -> list[Count]:
        """The same, of the titles at these partners that have not ended well; as fast as these are few."""
        query = self._grouped().where(TITLE_STATUS.c.partner.in_(partners), *NOT_ENDED_WELL)
        # Two indexes have all columns; SQLite alone would look up each delivery's row, which takes twice as long.
        return self._counts(query.with_hint(DELIVERIES, f"INDEXED BY {DELIVERIES_OPEN.name}", "sqlite"))

    def _grouped(self) -> Select[Any]:
        group = [TITLE_STATUS.c[name] for name in ("partner", "state", "cause", "owner")]
        kinds = (self._nobody_waits, IS_ORIGINAL_REFUSED, IS_PULLED, self._waits_for_partner)
        return (
            select(*group, *kinds, func.count().label("titles"), SINCE)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
            .group_by(*group, *kinds)
            .order_by(TITLE_STATUS.c.partner, BADNESS, BY_CAUSE, *(kind.desc() for kind in kinds))
        )

    def _counts(self, query: Select[Any]) -> list[Count]:
        return [
            Count(
                row.partner,
                state_of(row.state),
                _cause(row.cause),
                row.owner,
                row.titles,
                row.since,
                bool(row.nobody_waits),
                bool(row.is_original_refused),
                bool(row.is_pulled),
                bool(row.waits_for_partner),
            )
            for row in self._connection.execute(query)
        ]

    def titles(self, selection: Selection, *, ended_well: bool = False, limit: int | None = None) -> Iterator[Status]:
        """The titles: the worst state first, then the oldest first; those that ended well only with `ended_well`."""
        kinds = (self._nobody_waits, IS_ORIGINAL_REFUSED, IS_PULLED, self._waits_for_partner)
        query = (
            self._statuses()
            .where(*_conditions_of(selection))
            .order_by(BADNESS, BY_CAUSE, *(kind.desc() for kind in kinds), *LONGEST_FIRST)
        )
        if not ended_well:
            query = query.where(TITLE_STATUS.c.state.not_in(ENDED_WELL))
        yield from map(_status_of, self._rows(query if limit is None else query.limit(limit)))

    def of_edye_ids(self, partners: Collection[str], edye_ids: Collection[str]) -> list[Status]:
        """The status of these titles at these partners, in all languages; ask for some hundred at a time."""
        query = self._statuses().where(TITLE_STATUS.c.edye_id.in_(edye_ids), TITLE_STATUS.c.partner.in_(partners))
        return [_status_of(row) for row in self._connection.execute(query)]

    def history(self, partner: str, external_id: str) -> Iterator[Event]:
        """All events of a title at a partner, in order."""
        query = (
            select(*(EVENTS.c[name] for name in ("at", "action", "state", "detail", "run_id", "delivery_key")))
            .where(EVENTS.c.partner == partner, EVENTS.c.external_id == external_id)
            .order_by(EVENTS.c.id)
        )
        yield from (Event(*row) for row in self._rows(query))

    def errors_in_a_row(self, partner: str) -> list[ErrorsInARow]:
        """The errors in a row of the partner's clients."""
        columns = (CONSECUTIVE_ERRORS.c[name] for name in ("client_id", "errors", "first_error_at", "alerted_at"))
        query = (
            select(*columns)
            .where(CONSECUTIVE_ERRORS.c.partner == partner, CONSECUTIVE_ERRORS.c.errors > 0)
            .order_by(CONSECUTIVE_ERRORS.c.client_id)
        )
        return [ErrorsInARow(*row) for row in self._connection.execute(query)]

    def _statuses(self) -> Select[Any]:
        columns = (*(TITLE_STATUS.c[name] for name in FACTS), *(DELIVERIES.c[name] for name in OF_THE_DELIVERY))
        kinds = (self._nobody_waits, IS_ORIGINAL_REFUSED, self._waits_for_partner)
        return (
            select(*columns, REVISIONS.c.withdrawn_at, *kinds)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
            .outerjoin(REVISIONS, OF_ITS_TITLE)
        )

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(query, execution_options={"yield_per": ROWS_A_READ})


def _conditions_of(selection: Selection) -> Iterator[ColumnElement[bool]]:
    if selection.partner is not None:
        yield TITLE_STATUS.c.partner == selection.partner
    if selection.external_ids:
        yield TITLE_STATUS.c.external_id.in_(selection.external_ids)
    if selection.window is not None:
        yield TITLE_STATUS.c.since >= selection.window.start_at
        yield TITLE_STATUS.c.since < selection.window.end_at


def state_of(name: str) -> DeliveryState:
    """The state with this name; NoLedger where a later version wrote it."""
    try:
        return State(name)
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the state {name!r:.40}, unknown here") from None


def _cause(name: str | None) -> Cause | None:
    try:
        return Cause(name) if name else None
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the cause {name!r:.40}, unknown here") from None


def _status_of(row: Any) -> Status:
    known = dict(row._mapping) | {
        "state": state_of(row.state),
        "cause": _cause(row.cause),
        "rules": tuple(row.rules or ()),
        "nobody_waits": bool(row.nobody_waits),
        "is_original_refused": bool(row.is_original_refused),
        "waits_for_partner": bool(row.waits_for_partner),
    }
    return Status(**known)
