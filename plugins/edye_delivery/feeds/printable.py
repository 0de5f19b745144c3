"""Foreign text where people read it: no control character of it reaches a terminal, in any format."""

from __future__ import annotations

import json
import re
from typing import Any

SHOWN_MAX_CHARS = 200
BEYOND_ASCII_OR_CONTROL = re.compile(r"[^\x20-\x7e]")


def printable(text: str, max_chars: int = SHOWN_MAX_CHARS) -> str:
    """The text on one line with ? for every character that is no sign or letter, cut where it is long."""
    cut = text if len(text) <= max_chars else f"{text[: max_chars - 1]}…"
    return cut if cut.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in cut)


def json_text(value: Any) -> str:
    """The value as JSON on one line, letters as they are, every character that is not printable escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if text.isprintable() else BEYOND_ASCII_OR_CONTROL.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
