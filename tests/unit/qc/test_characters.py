"""Characters that nobody sees, and the legitimate ones that look alike to a machine."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edye_delivery.qc.characters import code_point, invisible_characters

SUSPECTS = {
    "zero width space": "\u200b",
    "zero width non-joiner": "\u200c",
    "zero width joiner between letters": "\u200d",
    "left-to-right mark": "\u200e",
    "right-to-left override": "\u202e",
    "isolate": "\u2066",
    "byte order mark": "\ufeff",
    "soft hyphen": "\u00ad",
    "null": "\x00",
    "delete": "\x7f",
    "next line": "\x85",
    "tab": "\t",
    "lone carriage return": "\r",
    "line separator": "\u2028",
    "paragraph separator": "\u2029",
    "replacement character": "\ufffd",
    "hangul filler": "\u3164",
    "combining grapheme joiner": "\u034f",
    "tag letter without a flag": "\U000e0061",
}
MEANT = {
    "accents": "¡Canción, pingüino, ñandú!",
    "no-break space": "5\u00a0minutos",
    "emoji": "Sol \U0001f31e",
    "family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "astronaut with a skin tone": "\U0001f469\U0001f3fd\u200d\U0001f680",
    "rainbow flag": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "heart with a variation selector": "\u2764\ufe0f",
    "flag of a country": "\U0001f1f2\U0001f1fd",
    "flag of Scotland": "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "keycap": "1\ufe0f\u20e3",
}


def found(text: str, line_breaks: bool = False) -> list[tuple[int, str]]:
    return list(invisible_characters(text, line_breaks))


@pytest.mark.parametrize("suspect", SUSPECTS.values(), ids=SUSPECTS.keys())
def test_a_character_that_nobody_sees_is_found_at_its_place(suspect):
    assert found(f"ab{suspect}cd") == [(3, suspect)]


@pytest.mark.parametrize("text", MEANT.values(), ids=MEANT.keys())
def test_a_legitimate_text_has_none(text):
    assert found(text) == []


@pytest.mark.parametrize("text", ["a\u200d\U0001f680", "\U0001f680\u200d", "\u200d\U0001f680", "\U0001f680\u200da"])
def test_a_joiner_with_an_emoji_on_one_side_only_is_found(text):
    assert [character for _, character in found(text)] == ["\u200d"]


def test_line_breaks_belong_to_texts_of_several_lines_only():
    text = "one\ntwo\r\nthree"

    assert found(text, line_breaks=True) == []
    assert [place for place, _ in found(text)] == [4, 8, 9]
    assert [place for place, _ in found("one\rtwo\tthree\r", line_breaks=True)] == [4, 8, 14]


def test_a_long_run_of_joiners_takes_no_longer_than_its_length_asks():
    assert len(found("\u200d" * 200_000)) == 200_000


@given(st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"]), max_size=50))
def test_only_the_listed_characters_are_ever_found(text):
    assert {character for _, character in found(text)} <= set("\ufffd\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0")


@pytest.mark.parametrize(
    ("character", "shown"),
    [("\u200b", "U+200B ZERO WIDTH SPACE"), ("\x00", "U+0000"), ("\U000e0061", "U+E0061 TAG LATIN SMALL LETTER A")],
)
def test_a_character_is_shown_by_its_code_point(character, shown):
    assert code_point(character) == shown
