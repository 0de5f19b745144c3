"""Finds defects of texts that viewers would see: HTML entities and tags, and characters from a wrong encoding.

It finds and never cleans: we refuse such a text, and its owner corrects it at its source. To show foreign text to
people in a log, a report or a terminal, see `printable`.

Correct text is not reported, above all in Spanish and Portuguese: an ampersand, "<3", a title in capitals such as
"AMANHÃ…", and a letter in quotation marks are correct.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.entities import html5
from itertools import islice

SAMPLES_MAX = 3
TAGS = (
    "a|abbr|article|b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|embed|font|footer|form|h[1-6]|head|header|hr|"
    "html|i|iframe|img|input|ins|li|link|mark|meta|nav|object|ol|option|p|pre|q|s|script|section|small|span|strike|"
    "strong|style|sub|sup|svg|table|tbody|td|th|thead|tr|u|ul|video|wbr"
)
MARKUP = re.compile(
    r"&(?:(?P<name>[A-Za-z][A-Za-z0-9]{1,31})|#[0-9]{1,7}|#[xX][0-9A-Fa-f]{1,6});"
    rf"|</?(?:{TAGS})(?:[\s/][^<>]{{0,200}})?>"
    r"|<!--|<!\[CDATA\["
    r"|\\u[0-9A-Fa-f]{4}",
    re.IGNORECASE,
)

IN_CP1252 = {bytes([byte]).decode("cp1252", "replace"): byte for byte in range(0x80, 0xA0)} | {
    chr(byte): byte for byte in range(0x80, 0xC0)
}
IN_CP1252.pop("\ufffd", None)
LATER_BYTE = f"[{re.escape(''.join(IN_CP1252))}]"
"""A byte after the first of a UTF-8 character, read as Latin-1 or Windows-1252."""
PUNCTUATION = "\u2018\u2019\u201c\u201d\u2026\u2013\u2014\u2022\u2039\u203a\u2122\xab\xbb\xae\xb7\xa0"
"""Later bytes that may also follow a word in capitals: quotation marks, an ellipsis, dashes, a bullet, (R), (TM)."""
MISREAD = re.compile(
    rf"(?P<latin>\xc3{LATER_BYTE})"
    rf"|\xc2[\xa0-\xbf]"
    rf"|[\xc4\xc5](?![{PUNCTUATION}\u201a\u201e]){LATER_BYTE}"
    rf"|\xe2[\u20ac\x80]{LATER_BYTE}?"
    rf"|\xe2[\u201a\x82\u201e\x84\u2020\x86\u02dc\x98\u2122\x99\u0161\x9a\u0153\x9c]{LATER_BYTE}"
    rf"|\xef\xbb\xbf|\xef\xbf\xbd"
    rf"|\xf0[\u0178\x9f]{LATER_BYTE}{{2}}"
    r"|\ufffd"
)
SUSPECT = re.compile(rf"[\xc2-\xc5\xe2\xef\xf0\ufffd](?:(?<=\ufffd)|{LATER_BYTE})")
"""The beginning of all of these; most texts do not have it, so that this quick search is enough for them."""
CAPITALS_BEFORE_LETTERS = "ÑÓÔÕ"


def markup_in(text: str) -> tuple[str, ...]:
    """The first HTML entities, tags and `\\u00f1` escapes of a text, each once; empty for a plain text."""
    if "&" in text or "<" in text or "\\" in text:
        return _first(found[0] for found in MARKUP.finditer(text) if _is_markup(found))
    return ()


def misread_in(text: str) -> tuple[str, ...]:
    """The first characters of a text from a wrong encoding: UTF-8 read as Latin-1 or Windows-1252, and U+FFFD.

    Each is given as it is in the text, each once; empty for a text in the right encoding.
    """
    if text.isascii() or SUSPECT.search(text) is None:
        return ()
    return _first(found[0] for found in MISREAD.finditer(text) if _is_misread(found, text))


def reread(misread: str) -> str:
    """The characters that were meant before they were read in a wrong encoding; empty where that is unknown."""
    try:
        return bytes(IN_CP1252.get(sign, ord(sign)) for sign in misread).decode()
    except ValueError:
        return ""


def _first(samples: Iterator[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(islice(samples, SAMPLES_MAX)))


def _is_markup(found: re.Match[str]) -> bool:
    return found["name"] is None or f"{found['name']};" in html5


def _is_misread(found: re.Match[str], text: str) -> bool:
    """Whether no correct text has these characters; those that begin with Ã or Â may be correct or not."""
    pair, start, end = found[0], found.start(), found.end()
    if pair[0] == "Â":
        return not (pair[1] == "»" and text[start - 1 : start] in ("«", "“", '"'))
    if not found["latin"] or pair[1] not in PUNCTUATION:
        return True
    before, after = text[start - 1 : start] if start else "", text[end : end + 1]
    if before.islower():
        return True
    if pair[1] == "\xa0":
        return not before.isalpha()
    return after.isalpha() and reread(pair) in CAPITALS_BEFORE_LETTERS
