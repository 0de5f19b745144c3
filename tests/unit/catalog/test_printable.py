"""Foreign text for people: one line, bounded, and whatever a terminal obeys or nobody sees is spelled out."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.printable import printable


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("a\r\n2026-03-01 INFO all is well\tb", "a  2026-03-01 INFO all is well b"),
        ("\u202egnp.exe\u2066", "⟨U+202E⟩gnp.exe⟨U+2066⟩"),
        ("Lu\u200bna\ufeff", "Lu⟨U+200B⟩na⟨U+FEFF⟩"),
        ("\ud800", "⟨U+D800⟩"),
        ("\x9b31m\x85\x00\x7f", "⟨U+009B⟩31m⟨U+0085⟩⟨U+0000⟩⟨U+007F⟩"),
        ("\u2028x\u2029", "⟨U+2028⟩x⟨U+2029⟩"),
        ("\xa1Hola\xa0!", "¡Hola !"),
        ("ñandú 東京 😀", "ñandú 東京 😀"),
    ],
)
def test_what_nobody_would_see_is_spelled_out(foreign, shown):
    assert printable(foreign) == shown
    assert printable(foreign).isprintable()


@pytest.mark.parametrize("sign", ["a", "\x00", "\n", "\ud800"])
def test_the_result_is_bounded_not_the_text(sign):
    assert len(printable(sign * 1_000_000, 300)) == 300
    assert len(printable(sign * 30, 300)) <= 300


def test_what_is_printable_stays_printable_and_the_same():
    once = printable("\x1b[31m\u202e")
    assert printable(once) == once
