"""Numbers with their words."""

from __future__ import annotations


def counted(number: int, word: str) -> str:
    """A number with its word, which gets an s where there is not one."""
    return f"{number:,} {word}" if number == 1 else f"{number:,} {word}s"
