"""The one way to show foreign text to people (log, report, terminal): one line, bounded, every character visible.

Secrets are another matter: `clients/secret_mask` hides them first, and then calls `printable`. Defects of a text's
content, such as HTML tags, are found by `text_defects`.
"""

from __future__ import annotations

import json
import re
from typing import Any

SHOWN_MAX_CHARS = 200
BEYOND_ASCII_OR_CONTROL = re.compile(r"[^\x20-\x7e]")


def printable(text: str, max_chars: int = SHOWN_MAX_CHARS) -> str:
    """The text on one line, with every character visible, cut after `max_chars` with an ellipsis."""
    shown = spell_out(text[: max_chars + 1])
    return shown if len(shown) <= max_chars else f"{shown[: max_chars - 1]}…"


def spell_out(text: str, kept: str = "") -> str:
    """The text with spaces for all white space, and with invisible characters spelled out, but for those `kept`.

    Escapes, bidi overrides, zero width, lone surrogates and the other control characters become ⟨U+001B⟩: so they
    cannot colour a terminal, begin a new line of a log, reorder a page, or hide a defect from the reader.
    """
    if text.isprintable():
        return text
    return "".join(sign if sign in kept else _spell(sign) for sign in text)


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
