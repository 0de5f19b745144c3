"""The length of a text as partners count it."""

from __future__ import annotations


def utf16_units(text: str) -> int:
    """A text's length in UTF-16 units, as partners count it (decisions.md, Known of Roku's own checks)."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
