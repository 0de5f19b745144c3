"""Two partners of other facts, each an annex file and no code: what they are told of a title, and that it is good."""

from __future__ import annotations

import pytest

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.planning import plan_of
from edye_delivery.artwork.thumbnails import plan_thumbnails
from edye_delivery.qc.check import check_title
from tests.builders import PROJECT
from tests.unit.qc.builders import TODAY, a_video, an_episode, an_image, codes, pictures_of

ANNEXES = load_annexes(PROJECT / "tests" / "fixtures" / "annexes")
CREDITS = [
    {"name": "Ana", "role": "actor", "birth_date": "1975"}, {"name": "Luis", "role": "director"},
    {"name": "Eva", "role": "Actor"},
]  # fmt: skip
EPISODE = an_episode(
    credits=CREDITS,
    release_date="2026-02-28",
    availability={"start": "2026-03-01T06:00:00Z", "end": None},
    custom_thumbnails=[an_image("thumbnail", "still_4x3")],
)


@pytest.mark.parametrize(
    ("partner", "told"),
    [
        (
            "cable_operator",
            {
                "title": "El mar de noche",
                "client": "cable-7",
                "asset": "CABLE-EDYE_PLANETA-01-003-es",
                "type": "Episode",
                "cast": "Ana, Eva",
                "rating": "Para mayores de 7 años",
                "keywords": "niños",
                "starts": "2026-03-01 00:00:00",
                "ends": "2099-12-31 23:59:59",
                "aired": "28/02/2026",
            },
        ),
        (
            "telecom_operator",
            {
                "titulo": "El mar de noche",
                "id_cliente": "telecom",
                "external_id": "EDYE_PLANETA_01_03_ES",
                "actores": ["Ana", "Eva"],
                "clasificacion": "Desde 7 años",
                "generos": ["infantil", "educativo"],
                "vigencia_desde": "01.03.2026 01:00",
                "vigencia_hasta": "sin vencimiento",
            },
        ),
    ],
)
def test_a_fresh_partner_is_told_of_a_title_in_its_own_words(partner, told):
    annex = ANNEXES[partner]
    plan = plan_of(annex, EPISODE)

    assert plan.metadata == told
    assert codes(check_title(annex, plan, a_video(), pictures_of(EPISODE, annex), TODAY)) == ()


@pytest.mark.parametrize(
    ("partner", "origins"),
    [
        (
            "cable_operator",
            {"still_16x9": "still", "still_4x3": "thumbnail", "poster_2x3": "poster", "cover_3x4": "poster"},
        ),
        (
            "telecom_operator",
            {"still_wide": "still", "still_square": "still", "poster_large": "poster", "poster_small": "poster"},
        ),
    ],
)
def test_a_fresh_partners_pictures_are_made_of_the_art_that_it_names(partner, origins):
    annex = ANNEXES[partner]
    pictures = pictures_of(EPISODE, annex, still_4x3={"width_px": 1600, "height_px": 1200})

    plans = plan_thumbnails(annex, EPISODE, pictures)
    assert {plan.spec.name: plan.origin and plan.origin.kind.value for plan in plans} == origins


@pytest.mark.parametrize("partner", sorted(ANNEXES))
def test_a_value_that_a_fresh_partner_has_no_word_for_is_a_finding(partner):
    annex, title = ANNEXES[partner], an_episode(genres=["noir"], tags=["roku", "kidsdirected", "summer"])
    found = codes(check_title(annex, plan_of(annex, title), a_video(), pictures_of(title, annex), TODAY))

    assert found == {"cable_operator": ("META020",), "telecom_operator": ("META008",)}[partner]
