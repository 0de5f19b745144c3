"""Foreign text where people read it, a log above all: one line, bounded, with nothing in it that a terminal obeys."""

from __future__ import annotations

import json
import re
from typing import Any

SHOWN_MAX_CHARS = 200
BEYOND_ASCII_OR_CONTROL = re.compile(r"[^\x20-\x7e]")


def printable(text: str, max_chars: int = SHOWN_MAX_CHARS) -> str:
    """The text on one line, cut where it is long; white space is a space, what nobody would see is spelled out.

    Escapes, bidi overrides, zero width, lone surrogates and the other control characters become ⟨U+001B⟩: they can
    neither colour a terminal nor begin a line of a log nor hide a defect from the reader.
    """
    head = text[: max_chars + 1]
    shown = head if head.isprintable() else "".join(map(_spell, head))
    return shown if len(shown) <= max_chars else f"{shown[: max_chars - 1]}…"


def json_text(value: Any) -> str:
    """The value as JSON on one line, letters as they are, every character that is not printable escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(", ", ": "))
    return text if text.isprintable() else BEYOND_ASCII_OR_CONTROL.sub(_escape, text)


def _spell(sign: str) -> str:
    if sign.isprintable():
        return sign
    return " " if sign.isspace() and sign not in "\x1c\x1d\x1e\x1f\x85\u2028\u2029" else f"⟨U+{ord(sign):04X}⟩"


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    if sign.isprintable():
        return sign
    units = sign.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
