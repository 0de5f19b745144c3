"""What people read: numbers with their words, and lines of styled pieces."""

from __future__ import annotations

Line = list[tuple[str, str]]
"""Pieces of text, each with its style; a style is a word that a terminal knows, or empty."""


def count_of(number: int, word: str) -> str:
    """A number with its word, which gets an s where there is not one."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
