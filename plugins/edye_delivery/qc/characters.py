"""Invisible characters, which cause errors at partners."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

ZERO_WIDTH_JOINER = "\u200d"
REPLACEMENT = "\ufffd"
INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")
"""Fillers and joiners: Unicode counts them as letters or marks, but they have no shape."""
FLAG_OF_A_REGION = re.compile("\U0001f3f4[\U000e0020-\U000e007e]+\U000e007f")
"""A black flag, then tag characters that spell a region: the flag of Scotland, for one."""
EMOJI_MODIFIERS = frozenset("\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff")


def invisible_characters(text: str, line_breaks: bool) -> Iterator[tuple[int, str]]:
    """Position (from 1) and code point of every character that does not belong in a text.

    These are control and format characters (zero width, bidi, soft hyphen, tags), line and paragraph separators, lone
    surrogates, fillers, and U+FFFD, which replaces what could not be decoded. Allowed are: line breaks (LF, CR LF) if
    `line_breaks` is set; variation selectors; a zero-width joiner between two emoji; the tags of a region's flag. A
    joiner between letters is not allowed: no language of the catalogue needs one.
    """
    if text.isprintable() and REPLACEMENT not in text and not INVISIBLE_LETTERS & set(text):
        return
    in_flags = {place for flag in FLAG_OF_A_REGION.finditer(text) for place in range(*flag.span())}
    for place, character in enumerate(text):
        if place in in_flags or not _is_suspect(character):
            continue
        if line_breaks and (character == "\n" or (character == "\r" and text[place + 1 : place + 2] == "\n")):
            continue
        if character == ZERO_WIDTH_JOINER and _joins_emoji(text, place):
            continue
        yield place + 1, character


def code_point(character: str) -> str:
    """A character for people: U+200B ZERO WIDTH SPACE."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".rstrip()


def _is_suspect(character: str) -> bool:
    return (
        unicodedata.category(character) in INVISIBLE_CATEGORIES
        or character in INVISIBLE_LETTERS
        or character == REPLACEMENT
    )


def _joins_emoji(text: str, place: int) -> bool:
    before = text[max(place - 3, 0) : place].rstrip("".join(EMOJI_MODIFIERS))[-1:]
    after = text[place + 1 : place + 2]
    return bool(before and after) and unicodedata.category(before) == unicodedata.category(after) == "So"
