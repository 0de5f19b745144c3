"""Texts in a CSV that a person opens in a spreadsheet."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def harmless_text(text: str) -> str:
    """A text that a spreadsheet would take for a formula gets a leading apostrophe; others stay as they are."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
