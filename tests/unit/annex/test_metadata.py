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
    assert unmapped_values(the_annex(), title, "rating") == []


def test_values_without_a_mapping_are_named():
    title = an_episode(genres=["kids", "noir"], ratings=[{"source": "FSK", "value": "6"}])
    assert unmapped_values(the_annex(), title, "genres") == ["noir"]
    assert unmapped_values(the_annex(), title, "rating") == ["FSK:6"]
