"""Columns and moments of the tables that commands print."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from rich.cells import cell_len

from edye_delivery.catalog.wording import Line


def align(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[Line]:
    """A line of headings and a line for every row, in columns; the last column is not padded."""
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    for number, row in enumerate((headings, *rows)):
        cells = [f"{text}{' ' * (width - cell_len(text))}" for text, width in zip(row, widths, strict=True)]
        yield [("  " + "  ".join(cells).rstrip(), "" if number else "dim")]


def moment_text(at: datetime, precision: str) -> str:
    """The moment in UTC, down to `precision`: minutes, seconds or milliseconds."""
    return f"{at.astimezone(UTC).replace(tzinfo=None).isoformat(' ', precision)}Z"
