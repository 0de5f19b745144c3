"""Titles that may be meant: by the beginning of an id, by words, or by an id with a slip; at the one partner."""

from __future__ import annotations

from functools import partial

import pytest

from edye_delivery.ledger.similar_titles import similar_titles
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

NAMES = {"EDYE_MOV_000123_ES": "El Niño del Mar", "EDYE_MOV_000124_ES": "La Ciguena", "EDYE_SEA_000001_ES": "Marea"}


@pytest.fixture
def similar(ledger, engine):
    movie = a_plan(a_movie())
    for partner, ids in (("one", NAMES), ("two", ["EDYE_MOV_000123_ES"])):
        for external_id in ids:
            key = f"{partner}-{external_id}".ljust(64, "0")
            title = movie.title.model_copy(
                update={"id": f"id-{external_id}", "lang": "es", "titles": {"es": NAMES[external_id]}}
            )
            changes = {"title": title, "external_id": external_id, "delivery_key": key, "content_key": key}
            ledger.plan(partner, "run", [movie.model_copy(update=changes)])
    with engine.connect() as connection:
        yield lambda *asked, **more: [
            one.external_id for one in partial(similar_titles, connection, now=Clock()())(*asked, **more)
        ]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("EDYE_MOV_000123_ES", "EDYE_MOV_000123_ES"),
        ("edye_mov_000124", "EDYE_MOV_000124_ES"),
        ("EDYE_MOV_000129_ES", "EDYE_MOV_000123_ES"),
        ("EDYE_MOV_000124_EN", "EDYE_MOV_000124_ES"),
        ("EDYE_SAE_000001_ES", "EDYE_SEA_000001_ES"),
        ("ciguena", "EDYE_MOV_000124_ES"),
        ("nino mar", "EDYE_MOV_000123_ES"),
    ],
)
def test_the_title_that_is_most_like_the_text_comes_first(similar, text, first):
    assert similar("one", text)[0] == first


@pytest.mark.parametrize("text", ["", "   ", "zebra", "%", "\x00", "x" * 5000])
def test_a_text_that_is_like_nothing_gives_nothing(similar, text):
    assert similar("one", text) == []


def test_only_titles_of_the_partner_are_given_and_only_so_many(similar):
    assert similar("two", "EDYE_MOV_000124_ES") == ["EDYE_MOV_000123_ES"]
    assert similar("three", "EDYE_MOV_000123_ES") == []
    assert len(similar("one", "EDYE_", limit=2)) == 2
