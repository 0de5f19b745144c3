"""Copies the titles of a ledger to other numbers, inside the database: to make each title by itself takes an hour."""

from __future__ import annotations

from sqlalchemy import Table

from benchmarks.bulk_writers import Writer
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, TITLE_WORDS

TITLES_MADE = 50_400
"""So many titles are made one by one: a multiple of 40 * 9, so that copies have other shows, and the same episodes."""
TITLES_A_SHOW = 40
TABLES = (DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, TITLE_WORDS)


def copy_titles(writer: Writer, titles: int, *, is_sqlite: bool) -> None:
    """Copies the `TITLES_MADE` titles of a ledger, with all that belongs to them, until there are so many."""
    if titles <= TITLES_MADE:
        return
    for table in TABLES:
        its = f"SELECT edye_id FROM deliveries d WHERE d.delivery_key = {table.name}.delivery_key"  # noqa: S608
        columns = f"{table.name}.*{f', ({its}) AS edye_id' if table is EVENTS else ''}"
        writer.execute(f"CREATE TEMPORARY TABLE made_{table.name} AS SELECT {columns} FROM {table.name}")  # noqa: S608
    for table in TABLES:
        writer.execute(_copy(table, titles, is_sqlite=is_sqlite))
    for table in TABLES:
        writer.execute(f"DROP TABLE made_{table.name}")


def _copy(table: Table, titles: int, *, is_sqlite: bool) -> str:
    number = _number()
    values = {column.name: column.name for column in table.columns}
    values |= {name: value for name, value in _changes(is_sqlite=is_sqlite).items() if name in values}
    if table is EVENTS:
        values["id"] = f"id + copies.k * (SELECT max(id) FROM made_{table.name})"  # noqa: S608
    copies = f"SELECT k + 1 FROM copies WHERE (k + 1) * {TITLES_MADE} < {titles}"  # noqa: S608
    order = " ORDER BY 1, 2, 3" if table is TITLE_WORDS else ""
    return (
        f"WITH RECURSIVE copies(k) AS (SELECT 1 UNION ALL {copies}) "  # noqa: S608
        f"INSERT INTO {table.name} ({', '.join(values)}) SELECT {', '.join(values.values())} "
        f"FROM copies CROSS JOIN made_{table.name} WHERE {number} < {titles}{order}"
    )


def _number() -> str:
    """The number of a copied title."""
    return f"(CAST(substr(edye_id, 7) AS INTEGER) + copies.k * {TITLES_MADE})"


def _changes(*, is_sqlite: bool) -> dict[str, str]:
    """The columns that have a title's number in them, with the number of the copy."""
    number = _number()
    if is_sqlite:
        as_text, as_bytes = "CAST({} AS TEXT)", "CAST({} AS BLOB)"
        show, seventh = f"printf('%06d', {number} / {TITLES_A_SHOW})", f"printf('%07d', {number})"
        key = f"printf('%032x', {number}) || substr(delivery_key, 33)"
    else:
        as_text, as_bytes = "convert_from({}, 'UTF8')", "convert_to({}, 'UTF8')"
        show, seventh = _padded(f"{number} / {TITLES_A_SHOW}", 6), _padded(number, 7)
        key = f"lpad(to_hex({number}), 32, '0') || substr(delivery_key, 33)"
    external_id, edye_id = f"'EDYE_' || {show} || substr(external_id, 12)", f"'title-' || {seventh}"
    word = as_text.format("word")
    by_id = f"WHEN {word} LIKE 'title-_______' THEN {as_bytes.format(edye_id)}"
    new_external_id = as_bytes.format(f"'edye_' || {show} || substr({word}, 12)")
    by_external_id = f"WHEN {word} LIKE 'edye_______!_s%' ESCAPE '!' THEN {new_external_id}"
    return {
        "delivery_key": key,
        "content_key": key,
        "accepted_key": f"CASE WHEN accepted_key IS NULL THEN NULL ELSE {key} END",
        "external_id": external_id,
        "edye_id": edye_id,
        "tracking_id": f"'trk-' || {seventh} || substr(tracking_id, 12)",
        "place": as_bytes.format(external_id),
        "word": f"CASE {by_id} {by_external_id} ELSE word END",
    }


def _padded(number: str, digits: int) -> str:
    return f"lpad(CAST({number} AS text), {digits}, '0')"
