"""Ledgers of earlier versions get the columns that they lack; each step may be repeated."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, bindparam, inspect, select, update
from sqlalchemy.schema import CreateColumn, CreateIndex

from edye_delivery.catalog.order import place_of
from edye_delivery.ledger.rows import title_of
from edye_delivery.ledger.tables import REVISIONS

ROWS_AT_ONCE = 500


def upgrade(engine: Engine) -> None:
    """Adds `revisions.place` where it is missing, and fills it from the titles that are there."""
    if any(column["name"] == "place" for column in inspect(engine).get_columns(REVISIONS.name)):
        return
    with engine.begin() as connection:
        if any(column["name"] == "place" for column in inspect(connection).get_columns(REVISIONS.name)):
            return  # another process was quicker
        column = CreateColumn(REVISIONS.c.place).compile(dialect=engine.dialect)
        unless = "IF NOT EXISTS " if engine.dialect.name == "postgresql" else ""
        connection.exec_driver_sql(f"ALTER TABLE {REVISIONS.name} ADD COLUMN {unless}{column}")
        _fill_places(connection)
        index = next(index for index in REVISIONS.indexes if index.name == "revisions_by_place")
        connection.execute(CreateIndex(index, if_not_exists=True))


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
