"""Gives the status of each title a row, from its events; gives acceptances their own time back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from itertools import groupby
from typing import Any

from alembic import op
from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Index,
    MetaData,
    String,
    Table,
    bindparam,
    column,
    insert,
    select,
    table,
    update,
)

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.comparison import UNDER_WAY
from edye_delivery.ledger.title_status import (
    CONFIRM,
    Sibling,
    TitleStatus,
    Transition,
    confirm,
    replay,
    status_after,
)

revision = "0005"
down_revision = "0004"
ROWS_AT_ONCE = 500
Moment = DateTime(timezone=True)
TITLE_STATUS = Table(
    "title_status",
    MetaData(),
    Column("partner", String(64), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("delivery_key", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cause", String(16)),
    Column("owner", String(32)),
    Column("since", Moment, nullable=False),
    Column("accepted_key", String(64)),
    Column("accepted_at", Moment),
    Index("title_status_by_state", "partner", "state"),
)
Title = tuple[str, str]


def _table_of(name: str, moments: Sequence[str], others: Sequence[str]) -> Any:
    return table(name, *(column(one, Moment) for one in moments), *map(column, others))


TITLE = ("partner", "external_id")
EVENTS = _table_of(
    "events",
    ["at"],
    [*TITLE, "id", "delivery_key", "run_id", "action", "state", "detail", "outcome", "cause", "owner"],
)
DELIVERIES = _table_of(
    "deliveries",
    ["sent_at", "updated_at"],
    [*TITLE, "delivery_key", "content_key", "run_id", "state", "cause", "owner"],
)
REVISIONS = _table_of("revisions", ["accepted_at"], [*TITLE, "delivery_key"])


def upgrade() -> None:
    """Computes the status from a title's events; where events are missing, from its deliveries."""
    TITLE_STATUS.create(op.get_bind())
    connection = op.get_bind()
    deliveries: dict[Title, dict[str, Any]] = defaultdict(dict)
    for row in connection.execute(select(DELIVERIES)):
        deliveries[row.partner, row.external_id][row.delivery_key] = row
    revisions = {(row.partner, row.external_id): row for row in connection.execute(select(REVISIONS))}
    statuses: dict[Title, TitleStatus] = {}
    accepted: list[dict[str, Any]] = []
    for title, events in _events_by_title(connection):
        if title in deliveries:
            statuses[title] = _correct(replay(events), deliveries[title])
            accepted += _acceptance(title, events, revisions.get(title))
    for title in deliveries.keys() - statuses.keys():
        statuses[title] = _by_rows(deliveries[title])
    again = list(_confirm_again(statuses, deliveries, revisions))
    rows = [{"partner": title[0], "external_id": title[1], **asdict(one)} for title, one in statuses.items()]
    change = update(REVISIONS).where(*(REVISIONS.c[name] == bindparam(f"of_{name}") for name in TITLE))
    _execute_all(connection, change.values(accepted_at=bindparam("at")), accepted)
    _execute_all(connection, insert(EVENTS), again)
    _execute_all(connection, insert(TITLE_STATUS), rows)


def downgrade() -> None:
    """Drops the table: its content can be computed again from the events."""
    op.drop_table("title_status")


def _events_by_title(connection: Connection) -> Iterator[tuple[Title, list[Any]]]:
    rows = connection.execute(select(EVENTS).order_by(EVENTS.c.partner, EVENTS.c.external_id, EVENTS.c.id))
    for title, events in groupby(rows, lambda row: (row.partner, row.external_id)):
        yield title, list(events)


def _correct(status: TitleStatus | None, deliveries: Mapping[str, Any]) -> TitleStatus:
    """The status by the deliveries' own rows, where the events do not have all steps."""
    row = deliveries.get(status.delivery_key) if status else None
    if status is None or row is None:
        return _by_rows(deliveries)
    if row.state == status.state:
        return status
    return replace(status, state=DeliveryState(row.state), cause=row.cause, owner=row.owner, since=row.updated_at)


def _by_rows(deliveries: Mapping[str, Any]) -> TitleStatus:
    status: TitleStatus | None = None
    siblings: dict[str, Sibling] = {}
    *before, last = (
        Transition(row.delivery_key, DeliveryState(row.state), row.cause, row.owner, row.updated_at)
        for row in sorted(deliveries.values(), key=lambda row: (row.updated_at, row.delivery_key))
    )
    for moved in (*before, last):
        siblings[moved.delivery_key] = Sibling(moved.state, deliveries[moved.delivery_key].sent_at, moved.at)
        if moved is not last:
            status = status_after(status, moved, siblings)
    return status_after(status, last, siblings)


def _acceptance(title: Title, events: Sequence[Any], revision: Any) -> Iterator[dict[str, Any]]:
    """Restores the time of the acceptance; later runs replaced it by the time when they found the title unchanged."""
    ats = [
        one.at for one in events if one.action == "accept" and revision and one.delivery_key == revision.delivery_key
    ]
    if ats:
        yield {"of_partner": title[0], "of_external_id": title[1], "at": ats[-1]}


def _confirm_again(
    statuses: dict[Title, TitleStatus], deliveries: Mapping[Title, Mapping[str, Any]], revisions: Mapping[Title, Any]
) -> Iterator[dict[str, Any]]:
    """Titles that a later run found unchanged, so that an earlier failure of other content no longer counts."""
    for title, revision in revisions.items():
        status, of_title = statuses.get(title), deliveries.get(title, {})
        accepted = of_title.get(revision.delivery_key)
        if status is None or accepted is None or accepted.state != DeliveryState.ACCEPTED:
            continue
        is_other = of_title[status.delivery_key].content_key != accepted.content_key
        if is_other and status.state not in UNDER_WAY and revision.accepted_at > status.since:
            at = revision.accepted_at
            statuses[title] = confirm(status, accepted.delivery_key, DeliveryState.ACCEPTED, at)
            yield {
                "at": at,
                "partner": title[0],
                "external_id": title[1],
                "delivery_key": accepted.delivery_key,
                "run_id": accepted.run_id,
                "action": CONFIRM,
                "state": DeliveryState.ACCEPTED.value,
                "detail": "",
                "outcome": "success",
            }


def _execute_all(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(statement, rows[start : start + ROWS_AT_ONCE])
