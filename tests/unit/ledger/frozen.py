"""Ledgers of earlier revisions, from SQL that never changes, and what is in them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, MetaData, inspect, select, text

from edye_delivery.ledger.database import open_unchecked_engine
from edye_delivery.ledger.schema import head, revision_of
from edye_delivery.ledger.tables import METADATA, VERSION
from tests.builders import PROJECT

DELETIONS = [table.delete() for table in METADATA.sorted_tables if table is not VERSION]
FOLDER = PROJECT / "tests" / "fixtures" / "ledgers"
BYTES = {
    "movie": (FOLDER / "0001_movie.json").read_bytes().strip(),
    "episode": (FOLDER / "0001_episode.json").read_bytes().strip(),
    "place_of_movie": b"EDYE_MOV_000123\x1fmovie\x1f\x1f00000000\x1fen",
    "place_of_episode": b"EDYE_PLANETA\x1fepisode\x1f00000002\x1f00000003\x1fes",
}
"""The titles of the frozen ledger, and where they stand in the feeds."""


def a_ledger_of_0001(url: str, *, rows: bool = True) -> Engine:
    """A ledger as the last program without migrations left it, with something in every table."""
    drop_everything(url)
    engine = open_unchecked_engine(url)
    tables = (FOLDER / f"0001_tables.{engine.dialect.name}.sql").read_text()
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL TIME ZONE 'UTC'"))
        for statement in [*_statements(tables), *(_statements((FOLDER / "0001_rows.sql").read_text()) if rows else ())]:
            names = [name for name in BYTES if f":{name}," in statement]
            connection.execute(text(statement), {name: BYTES[name] for name in names})
        if rows and engine.dialect.name == "postgresql":  # the rows have brought their numbers along
            for table in ("events", "publications", "alerts"):
                connection.execute(text("SELECT setval(pg_get_serial_sequence(:table, 'id'), 1000)"), {"table": table})
    return engine


def contents(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, as plain values; the ledger's own revision is left out."""
    found = MetaData()
    with engine.connect() as connection:
        found.reflect(connection)
        return {
            name: sorted((_plain(row) for row in connection.execute(select(table)).mappings()), key=repr)
            for name, table in found.tables.items()
            if name != VERSION.name
        }


def shape(engine: Engine) -> dict[str, Any]:
    """Every table's columns, keys and indexes, in whatever order they were made."""
    with engine.connect() as connection:
        looked = inspect(connection)
        return {name: _shape_of(looked, name) for name in sorted(looked.get_table_names())}


def empty_ledger(url: str) -> None:
    """A ledger of this program's revision without rows; every table is dropped where the database has another one."""
    engine = open_unchecked_engine(url)
    with engine.connect() as connection:
        is_current = revision_of(connection) == head()
        is_current = is_current and set(inspect(connection).get_table_names()) == set(METADATA.tables)
    if is_current:
        with engine.begin() as connection:
            delete_rows(connection)
            for sequence in inspect(connection).get_sequence_names():
                connection.execute(text(f"ALTER SEQUENCE {sequence} RESTART"))
    engine.dispose()
    if not is_current:
        drop_everything(url)


def delete_rows(connection: Connection) -> None:
    """Leaves every table of the ledger without rows; TRUNCATE would make every file of every table anew."""
    for deletion in DELETIONS:
        connection.execute(deletion)


def drop_everything(url: str) -> None:
    """A database without any ledger of whatever revision."""
    engine = open_unchecked_engine(url)
    with engine.begin() as connection:
        found = MetaData()
        found.reflect(connection)
        found.drop_all(connection)
    engine.dispose()


def _statements(sql: str) -> list[str]:
    lines = [line for line in sql.splitlines() if not line.startswith("--")]
    return [statement for statement in "\n".join(lines).split(";\n") if statement.strip()]


def _plain(row: Any) -> dict[str, Any]:
    return {name: bytes(value) if isinstance(value, memoryview) else value for name, value in row.items()}


def _shape_of(looked: Any, name: str) -> dict[str, Any]:
    columns = {
        column["name"]: (str(column["type"]), column["nullable"], str(column["default"]))
        for column in looked.get_columns(name)
    }
    indexes = {
        index["name"]: (index["column_names"], bool(index["unique"]), _texts(index.get("dialect_options")))
        for index in looked.get_indexes(name)
    }
    return {"columns": columns, "key": looked.get_pk_constraint(name), "indexes": indexes}


def _texts(options: dict[str, Any] | None) -> dict[str, str]:
    return {name: str(value) for name, value in (options or {}).items()}
