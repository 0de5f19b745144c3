"""Text for people: numbers with their nouns, and lines of pieces with a style."""

from __future__ import annotations

from collections.abc import Sequence

NAMED_MAX = 20
Line = list[tuple[str, str]]
"""Pieces of text, each with its style; a style is a word that a terminal knows, or empty."""


def count_of(number: int, word: str) -> str:
    """A number with its noun, which gets an s unless the number is 1."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"


def names_text(names: Sequence[str], limit: int = NAMED_MAX) -> str:
    """The first names, and how many more there are."""
    rest = len(names) - limit
    return ", ".join(names[:limit]) + (f" and {rest:,} more" if rest > 0 else "")
