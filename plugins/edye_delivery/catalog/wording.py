"""Text for people: numbers with their nouns, and lines of pieces with a style."""

from __future__ import annotations

Line = list[tuple[str, str]]
"""Pieces of text, each with its style; a style is a word that a terminal knows, or empty."""


def count_of(number: int, word: str) -> str:
    """A number with its noun, which gets an s unless the number is 1."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
