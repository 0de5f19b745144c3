"""Markdown for generated documents: tables and code spans whose content cannot break out of its cell."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """The lines of a table."""
    return [_row(header), "|" + "---|" * len(header), *(_row(row) for row in rows)]


def rules_document(introduction: str, families: Iterable[Sequence[str]], retired: Mapping[str, str]) -> str:
    """A document of rules: the introduction, the lines of each family, and the codes that are used no more."""
    lines = introduction.splitlines()
    for family in families:
        lines += ["", *family]
    told = [f"* {code}: {reason}" for code, reason in sorted(retired.items())] or ["None yet."]
    lines += ["", "## Retired codes", "", "Never used again.", "", *told]
    return "\n".join(lines) + "\n"


def sections(parts: Iterable[Sequence[str]]) -> list[str]:
    """The lines of these sections with an empty one before each."""
    return [line for part in parts for line in ("", *part)]


def code(value: object) -> str:
    """The value as a code span."""
    return f"`{str(value).replace('`', '')}`"


def codes(values: Iterable[object]) -> str:
    """The values as code spans with commas between; a dash where there is none."""
    return ", ".join(code(value) for value in values) or "-"


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
