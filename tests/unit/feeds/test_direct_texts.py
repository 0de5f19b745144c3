"""Texts of a Direct Publisher feed: one language, descriptions of a bounded length, titles whole."""

from __future__ import annotations

from typing import Any

import pytest

from edye_delivery.catalog.text_length import utf16_units
from tests.unit.feeds.direct_written import Feed, movie_of, the_movie


@pytest.mark.parametrize(
    ("short", "long", "written"),
    [
        ({"es": "Corto."}, {"es": "Largo."}, ("Corto.", "Largo.")),
        ({"es": "Corto."}, {"es": " Corto. "}, ("Corto.", None)),
        ({}, {"es": "Largo."}, ("Largo.", None)),
        ({"en": "Short."}, {"es": "Largo."}, ("Largo.", None)),
        ({"en": "Short."}, {"en": "Long."}, ("Short.", "Long.")),
        ({"de": "Kurz."}, {"en": "Long."}, ("Long.", None)),
        ({"es_MX": "Corto."}, {"en": "Long."}, ("Corto.", None)),
    ],
)
def test_descriptions_are_of_one_language(short: Any, long: Any, written: tuple[str, str | None]) -> None:
    movie = movie_of(the_movie(synopsis_short=short, synopsis_long=long))
    assert (movie["shortDescription"], movie.get("longDescription")) == written


def test_long_texts_are_clipped_and_noted_but_for_titles() -> None:
    text = "mar 🌊 " * 200
    feed = Feed([the_movie(titles={"es": text}, synopsis_short={}, synopsis_long={"es": text})])
    [movie] = feed.root["movies"]
    assert movie["title"] == text.strip()
    assert utf16_units(movie["shortDescription"]) <= 200
    assert 480 < utf16_units(movie["longDescription"]) <= 500
    assert movie["longDescription"].endswith(("mar…", "🌊…"))
    assert [note[1] for note in feed.notes] == ["text-clipped"] * 2
    assert feed.lint().findings.kept == []
