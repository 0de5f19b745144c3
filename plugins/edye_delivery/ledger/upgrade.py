"""Ledgers of earlier versions get the columns that they lack; each step may be repeated."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Connection, Engine, bindparam, inspect, select, update
from sqlalchemy.schema import CreateColumn, CreateIndex

from edye_delivery.catalog.order import place_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.ledger.rows import title_of
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, EVENTS_TO_SHIP, REVISIONS, STREAKS

ROWS_AT_ONCE = 500
OF_THE_TRAIL = (
    "outcome", "client_id", "seconds", "http_status", "error_code", "cause", "owner", "attempt", "tracking_id",
    "request_id", "refusal", "shipped_at",
)  # fmt: skip
OF_THE_CIRCUIT = ("technical_errors", "opened_at", "opened_cause", "trial_key", "trial_at")
LATER_COLUMNS: tuple[Column[Any], ...] = (
    REVISIONS.c.place,
    REVISIONS.c.withdrawal_reason,
    REVISIONS.c.withdrawal_told_at,
    REVISIONS.c.end_at,
    DELIVERIES.c.channel,
    DELIVERIES.c.whole_files,
    DELIVERIES.c.request_id,
    DELIVERIES.c.encode_name,
    DELIVERIES.c.refused_cause,
    *(EVENTS.c[name] for name in OF_THE_TRAIL),
    *(STREAKS.c[name] for name in OF_THE_CIRCUIT),
)


def upgrade(engine: Engine) -> None:
    """Adds the columns that are missing, and fills them from what is there."""
    for column in LATER_COLUMNS:
        if _has(engine, column):
            continue
        with engine.begin() as connection:
            if not _has(connection, column):  # another process may have been quicker
                _add(connection, column)


def _has(database: Engine | Connection, column: Column[Any]) -> bool:
    return any(known["name"] == column.name for known in inspect(database).get_columns(column.table.name))


def _add(connection: Connection, column: Column[Any]) -> None:
    created = CreateColumn(column).compile(dialect=connection.dialect)
    unless = "IF NOT EXISTS " if connection.dialect.name == "postgresql" else ""
    connection.exec_driver_sql(f"ALTER TABLE {column.table.name} ADD COLUMN {unless}{created}")
    if column is REVISIONS.c.place:
        _fill_places(connection)
        index = next(index for index in REVISIONS.indexes if index.name == "revisions_by_place")
        connection.execute(CreateIndex(index, if_not_exists=True))
    if column is EVENTS.c.shipped_at:
        connection.execute(CreateIndex(EVENTS_TO_SHIP, if_not_exists=True))
    if column is DELIVERIES.c.channel:  # whatever was sent before there were two channels went through the API
        begun = DELIVERIES.c.attempts > 0
        connection.execute(update(DELIVERIES).where(begun).values(channel=Channel.API))


def _fill_places(connection: Connection) -> None:
    change = (
        update(REVISIONS)
        .where(REVISIONS.c.partner == bindparam("of_partner"), REVISIONS.c.external_id == bindparam("of_title"))
        .values(place=bindparam("new_place"))
    )
    rows = connection.execute(select(REVISIONS.c.partner, REVISIONS.c.external_id, REVISIONS.c.title)).all()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(
            change,
            [
                {"of_partner": row.partner, "of_title": row.external_id, "new_place": place_of(title)}
                for row in rows[start : start + ROWS_AT_ONCE]
                for title in [title_of(row.title)]
            ],
        )
