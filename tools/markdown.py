"""Markdown of generated documents: what several of them have in common."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence


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


def first_paragraph(text: str | None) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((text or "").strip().partition("\n\n")[0].split())
