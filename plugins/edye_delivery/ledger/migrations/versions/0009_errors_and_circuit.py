"""Gives errors in a row and the circuit a table each, and their events the word errors."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import Column, DateTime, Integer, String, TableClause, column, func, insert, select, table

revision = "0009"
down_revision = "0008"

Moment = DateTime(timezone=True)
CLIENT = ("partner", "client_id")
ERRORS = ("errors", "first_error_at", "alerted_at")
CIRCUIT = ("technical_errors", "opened_at", "opened_cause", "trial_key", "trial_at")
MOMENTS = frozenset({"first_error_at", "alerted_at", "opened_at", "trial_at"})
NEW_NAMES = {"streak began": "errors began", "streak ended": "errors ended"}


def _columns() -> dict[str, Column[Any]]:
    """Fresh columns, for a table to be made with."""
    return {
        "partner": Column("partner", String(64), primary_key=True),
        "client_id": Column("client_id", String(200), primary_key=True),
        "errors": Column("errors", Integer, nullable=False),
        "first_error_at": Column("first_error_at", Moment),
        "alerted_at": Column("alerted_at", Moment),
        "technical_errors": Column("technical_errors", Integer, nullable=False, server_default="0"),
        "opened_at": Column("opened_at", Moment),
        "opened_cause": Column("opened_cause", String(16)),
        "trial_key": Column("trial_key", String(64)),
        "trial_at": Column("trial_at", Moment),
    }


def _make(name: str, names: tuple[str, ...]) -> None:
    made = _columns()
    op.create_table(name, *(made[one] for one in names))


def _table_of(name: str, names: tuple[str, ...]) -> TableClause:
    return table(name, *(column(one, Moment) if one in MOMENTS else column(one) for one in names))


def upgrade() -> None:
    """Copies every client's errors and circuit, each to a row of its own."""
    _make("consecutive_errors", (*CLIENT, *ERRORS))
    _make("circuit_breakers", (*CLIENT, *CIRCUIT))
    streaks = _table_of("streaks", (*CLIENT, *ERRORS, *CIRCUIT))
    for name, names in (("consecutive_errors", (*CLIENT, *ERRORS)), ("circuit_breakers", (*CLIENT, *CIRCUIT))):
        rows = select(*(streaks.c[one] for one in names))
        op.execute(insert(_table_of(name, names)).from_select(list(names), rows))
    op.drop_table("streaks")
    _rename(NEW_NAMES)


def downgrade() -> None:
    """Makes one row for each client again; a client without a circuit gets a closed one."""
    _make("streaks", (*CLIENT, *ERRORS, *CIRCUIT))
    errors, circuits = (
        _table_of("consecutive_errors", (*CLIENT, *ERRORS)),
        _table_of("circuit_breakers", (*CLIENT, *CIRCUIT)),
    )
    joined = errors.outerjoin(
        circuits, (errors.c.partner == circuits.c.partner) & (errors.c.client_id == circuits.c.client_id)
    )
    values: list[Any] = [errors.c[one] for one in (*CLIENT, *ERRORS)]
    values += [circuits.c[one] for one in CIRCUIT]
    values[len(CLIENT) + len(ERRORS)] = func.coalesce(circuits.c.technical_errors, 0)
    rows = select(*values).select_from(joined)
    op.execute(
        insert(_table_of("streaks", (*CLIENT, *ERRORS, *CIRCUIT))).from_select([*CLIENT, *ERRORS, *CIRCUIT], rows)
    )
    op.drop_table("circuit_breakers")
    op.drop_table("consecutive_errors")
    _rename({new: old for old, new in NEW_NAMES.items()})


def _rename(names: dict[str, str]) -> None:
    events, alerts = table("events", column("action")), table("alerts", column("kind"))
    for old, new in names.items():
        op.execute(events.update().where(events.c.action == old).values(action=new))
        op.execute(alerts.update().where(alerts.c.kind == old).values(kind=new))
