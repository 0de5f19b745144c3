"""Markdown for documents and pages: tables and code spans whose content cannot break out of its cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_row(header), "|" + "---|" * len(header), *(_row(row) for row in rows)]


def code(value: object) -> str:
    """The value as a code span."""
    return f"`{str(value).replace('`', '')}`"


def codes(values: Iterable[object]) -> str:
    """The values as code spans with commas between; a dash where there is none."""
    return ", ".join(code(value) for value in values) or "-"


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
