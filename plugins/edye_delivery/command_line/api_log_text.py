"""The text of `api-log`: a table for a terminal, and CSV whose cells no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence

from edye_delivery.catalog.api_call import CallLine, Level
from edye_delivery.catalog.csv_cell import harmless_text
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.command_line.table import align, moment_text

Cell = str | int | float | None
NOTHING = "-"
MESSAGE_MAX_CHARS = 120
BYTE_ORDER_MARK = "\ufeff"
STYLES = {Level.ERROR.value: "red", Level.WARNING.value: "yellow"}
HEADINGS = (
    "date", "level", "partner", "user", "geo", "code", "endpoint", "ms", "bytes", "items", "generation", "request id",
    "message",
)  # fmt: skip
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


def table(lines: Sequence[CallLine], total: int, partners: Sequence[str]) -> Iterator[Line]:
    """A row for every call, then how many there are; without one, the `partners` whose calls the ledger knows."""
    if not lines:
        known = f"; it has calls of {', '.join(map(printable, partners))}" if partners else ""
        yield [(f"the API log has no such call{known}", "bold")]
        return
    for number, line in enumerate(align(HEADINGS, [_row(line) for line in lines])):
        style = STYLES.get(lines[number - 1].level, "") if number else "dim"
        yield [(text, style) for text, _ in line]
    yield []
    more = f" of {total:,}, the newest ones (--limit all)" if total > len(lines) else ""
    yield [(f"{count_of(len(lines), 'call')}{more}", "bold")]


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


def _row(line: CallLine) -> tuple[str, ...]:
    message = line.message or line.query or ""
    texts = (line.level, line.partner, line.user, line.geo)
    numbers = (f"{line.milliseconds:.1f}", f"{line.bytes:,}", _number(line.items), _number(line.generation))
    return (
        moment_text(line.at, "milliseconds"),
        *(printable(text or NOTHING) for text in texts),
        str(line.status),
        printable(line.endpoint),
        *numbers,
        printable(line.request_id),
        printable(message, MESSAGE_MAX_CHARS) or NOTHING,
    )


def _number(value: int | None) -> str:
    return NOTHING if value is None else str(value)
