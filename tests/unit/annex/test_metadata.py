"""The partner's JSON by the annex's mapping: annex section 3."""

import pytest

from edye_delivery.annex.metadata import metadata_of, unmapped_values
from tests.builders import a_movie, an_episode, the_annex


def rendered(title, **field):
    return metadata_of(the_annex(metadata={"x": field}), title, "EXT", "EXT.mp4").get("x")


def test_the_annex_s_example_comes_out_key_by_key():
    title = an_episode(titles={"es": "Edye - Episodio 3"}, synopsis_short={"es": "Descripción breve del episodio."})
    assert metadata_of(the_annex(), title, "EDYE_S01E03_ES", "EDYE_S01E03_ES.mp4") == {
        "titulo": "Edye - Episodio 3",
        "id_cliente": "roku_premium_subs_mx",
        "external_id": "EDYE_S01E03_ES",
        "idioma": "es",
        "tipo": "episode",
        "temporada": 1,
        "episodio": 3,
        "duracion_seg": 1320,
        "rating": "TV-Y7",
        "generos": ["kids", "education"],
        "synopsis_corta": "Descripción breve del episodio.",
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"constant": "EDYE"}, "EDYE"),
        ({"field": "title", "lang": "en"}, "The sea at night"),
        ({"field": "genres", "join": ", "}, "kids, education"),
        ({"field": "genres", "map": "generos", "join": "|"}, "kids|education"),
        ({"field": "updated_at", "format": "%d/%m/%Y %H:%M"}, "01/03/2026 12:00"),
        ({"field": "updated_at"}, "2026-03-01T12:00:00Z"),
        ({"field": "title", "max_chars": 5}, "El ma"),
        ({"external": "tms"}, "SH01"),
        ({"field": "release_date", "keep_empty": True}, None),
    ],
    ids=[
        "constant",
        "language",
        "joined",
        "mapped and joined",
        "format",
        "moment",
        "clipped",
        "external",
        "kept empty",
    ],
)
def test_a_field_takes_its_value_from(field, value):
    assert rendered(an_episode(external_ids={"tms": "SH01"}), **field) == value


def test_an_empty_value_is_left_out_unless_it_is_to_be_kept():
    rendered_metadata = metadata_of(
        the_annex(metadata={"gone": {"field": "release_date"}, "kept": {"field": "release_date", "keep_empty": True}}),
        an_episode(),
        "E",
        "E.mp4",
    )
    assert "gone" not in rendered_metadata
    assert rendered_metadata["kept"] is None


def test_a_movie_has_no_season_and_no_episode():
    assert not {"temporada", "episodio"} & metadata_of(the_annex(), a_movie(), "E", "E.mp4").keys()


def test_the_first_rating_that_the_table_knows_travels():
    ratings = [{"source": "FSK", "value": "6"}, {"source": "RTC", "value": "A"}]
    title = an_episode(ratings=ratings)
    assert metadata_of(the_annex(), title, "E", "E.mp4")["rating"] == "TV-G"
    assert unmapped_values(the_annex(), title) == {}


def test_values_without_a_mapping_are_named():
    title = an_episode(genres=["kids", "noir"], ratings=[{"source": "FSK", "value": "6"}])
    assert unmapped_values(the_annex(), title) == {"generos": ["noir"], "rating": ["FSK:6"]}


CREDITS = [
    {"name": "Ana", "role": "actor"}, {"name": "Luis", "role": "Director"}, {"name": "Eva", "role": "ACTOR"},
    {"name": "Nobody in particular"}, {"role": "actor"},
]  # fmt: skip
LICENCE = {"start": "2026-03-01T06:00:00Z", "end": None}
FOREVER = "9999-12-31T23:59:59-05:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"field": "credits"}, ["Ana", "Luis", "Eva", "Nobody in particular"]),
        ({"field": "credits", "roles": ["actor"]}, ["Ana", "Eva"]),
        ({"field": "credits", "roles": ["Director", "producer"], "join": ", "}, "Luis"),
        ({"field": "credits", "roles": ["narrator"]}, None),
        ({"field": "availability_start_at", "zone": "America/Mexico_City"}, "2026-03-01T00:00:00-06:00"),
        (
            {"field": "availability_start_at", "zone": "America/Mexico_City", "format": "%Y-%m-%d %H:%M:%S"},
            "2026-03-01 00:00:00",
        ),
        ({"field": "availability_start_at", "format": "%-d/%-m/%Y"}, "1/3/2026"),
        ({"field": "availability_end_at"}, None),
        ({"field": "availability_end_at", "default": "2099-12-31"}, "2099-12-31"),
        ({"field": "availability_start_at", "default": "2099-12-31", "format": "%Y"}, "2026"),
        ({"field": "season_number", "default": 0}, 1),
        ({"field": "tags", "map": "tags", "join": ","}, "kids"),
        ({"field": "geo", "map": "tags", "default": "none"}, "none"),
    ],
    ids=str,
)
def test_a_value_is_narrowed_written_in_its_zone_and_filled_in_as_the_annex_says(field, value):
    title = an_episode(credits=CREDITS, availability=LICENCE)
    annex = the_annex(metadata={"x": field}, mappings={"tags": {"roku": "", "kidsdirected": "kids"}})
    assert metadata_of(annex, title, "EXT", "EXT.mp4").get("x") == value


@pytest.mark.parametrize(
    ("field", "written"),
    [
        ({}, "9999-12-31T23:59:59Z"),
        ({"zone": "Asia/Tokyo", "format": "%Y-%m-%d"}, "9999-12-31"),
        ({"zone": "America/Bogota", "format": "%Y-%m-%d %H:%M"}, "9999-12-31 18:59"),
    ],
    ids=str,
)
def test_a_licence_without_end_is_written_in_every_zone(field, written):
    title = an_episode(availability={"end": FOREVER})
    assert rendered(title, field="availability_end_at", **field) == written


@pytest.mark.parametrize(
    ("field", "title", "missing"),
    [
        ({"field": "kind"}, {}, ["episode"]),
        ({"field": "lang"}, {}, ["es"]),
        ({"field": "tags"}, {}, ["kidsdirected"]),
        ({"field": "geo"}, {"geo": ["mx", "us"]}, ["us"]),
        ({"field": "credits", "roles": ["actor"]}, {"credits": CREDITS}, ["Ana", "Eva"]),
        ({"field": "season_number"}, {}, ["1"]),
        ({"external": "tms"}, {"external_ids": {"tms": "SH01"}}, ["SH01"]),
        ({"field": "release_date"}, {}, []),
        ({"constant": "mx"}, {}, []),
    ],
    ids=str,
)
def test_every_mapped_field_tells_the_values_that_its_table_lacks(field, title, missing):
    annex = the_annex(metadata={"x": field | {"map": "words"}}, mappings={"words": {"roku": "", "mx": "MEX"}})
    assert unmapped_values(annex, an_episode(**title)).get("x", []) == missing
