"""Figures with units, and foreign text that hides nothing."""

from __future__ import annotations

import pytest

from edye_delivery.reports.wording import human_bytes, human_moment, human_seconds, seconds_between, visible


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_949, "99.9 kB"),
        (99_960, "100 kB"),
        (999_499, "999 kB"),
        (999_500, "1.0 MB"),
        (48_211_093, "48.2 MB"),
        (53_687_091_200, "53.7 GB"),
        (4_200_000_000_000, "4.2 TB"),
    ],
)
def test_bytes_read_in_decimal_units(size_bytes: int, text: str) -> None:
    assert human_bytes(size_bytes) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 00 s"),
        (192.4, "3 min 12 s"),
        (3599.4, "59 min 59 s"),
        (3599.6, "1 h 00 min"),
        (7265, "2 h 01 min"),
    ],
)
def test_seconds_read_in_the_two_units_that_matter(seconds: float, text: str) -> None:
    assert human_seconds(seconds) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-03-01T06:00:00Z", "1 Mar 2026, 06:00 UTC"),
        ("2026-03-01T00:30:07-06:00", "1 Mar 2026, 06:30:07 UTC"),
    ],
)
def test_moments_read_in_utc(moment: str, text: str) -> None:
    assert human_moment(moment) == text


def test_a_span_is_measured_across_time_zones_and_never_negative() -> None:
    assert seconds_between("2026-03-01T06:00:00Z", "2026-03-01T07:00:30+01:00") == 30
    assert seconds_between("2026-03-01T06:00:00Z", "2026-03-01T05:00:00Z") == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Lu\u200bna", "Lu⟨U+200B⟩na"),
        ("\u202eabc", "⟨U+202E⟩abc"),
        ("a\x00b\x1b", "a⟨U+0000⟩b⟨U+001B⟩"),
        ("two\nlines\tand a tab", "two lines and a tab"),
        ("\U0001fffe", "⟨U+1FFFE⟩"),
        ("👩\u200d🚀 ñandú שלום", "👩\u200d🚀 ñandú שלום"),
    ],
    ids=["zero-width", "bidi", "control", "line-breaks", "noncharacter", "emoji-and-letters"],
)
def test_invisible_characters_are_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_very_long_text_is_cut_and_says_so() -> None:
    assert visible("x" * 1000) == "x" * 1000
    assert visible("x" * 1_000_000) == "x" * 1000 + "… (1,000,000 characters in all)"
