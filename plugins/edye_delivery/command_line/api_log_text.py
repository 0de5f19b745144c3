"""The text of `api-log`: a table for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edye_delivery.catalog.api_call import CallLine, Level
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.command_line.table import align, moment_text

NOTHING = "-"
MESSAGE_MAX_CHARS = 120
STYLES = {Level.ERROR.value: "red", Level.WARNING.value: "yellow"}
HEADINGS = (
    "date", "level", "partner", "user", "geo", "code", "endpoint", "ms", "bytes", "items", "generation", "request id",
    "message",
)  # fmt: skip


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
