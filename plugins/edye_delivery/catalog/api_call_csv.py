"""Calls of the delivery API as CSV, whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator

from edye_delivery.catalog.api_call import CallLine
from edye_delivery.catalog.csv_cell import harmless_text
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339

Cell = str | int | float | None
BYTE_ORDER_MARK = "\ufeff"
CSV_COLUMNS: dict[str, Callable[[CallLine], Cell]] = {
    "id": lambda line: line.id,
    "date": lambda line: rfc3339(line.at),
    "level": lambda line: line.level,
    "user": lambda line: line.user,
    "message": lambda line: line.message,
    "geolocation": lambda line: line.geo,
    "response_code": lambda line: line.status,
    "partner": lambda line: line.partner,
    "endpoint": lambda line: line.endpoint,
    "milliseconds": lambda line: line.milliseconds,
    "bytes": lambda line: line.bytes,
    "items": lambda line: line.items,
    "generation": lambda line: line.generation,
    "checkpoint_generation": lambda line: line.checkpoint_generation,
    "first_item": lambda line: line.first_item,
    "last_item": lambda line: line.last_item,
    "query": lambda line: line.query,
    "request_id": lambda line: line.request_id,
    "user_agent": lambda line: line.user_agent,
}
"""The columns of EDYE's API Log first, then ours."""


def csv_pieces(lines: Iterable[CallLine]) -> Iterator[str]:
    """RFC 4180 with a byte order mark, so that Excel reads UTF-8; line by line."""
    yield BYTE_ORDER_MARK + _csv_line(CSV_COLUMNS)
    for line in lines:
        yield _csv_line(_cell(value(line)) for value in CSV_COLUMNS.values())


def _csv_line(cells: Iterable[Cell]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerow(cells)
    return text.getvalue()


def _cell(value: Cell) -> Cell:
    return harmless_text(printable(value, len(value) + 1)) if isinstance(value, str) else value
