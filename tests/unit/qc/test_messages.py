"""What a finding tells a person, and which of a title's texts the rules look at."""

from __future__ import annotations

from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.qc.metadata import duplicates, finding_on_item
from tests.builders import a_plan, the_annex
from tests.unit.qc.builders import a_movie, a_video, an_episode, checked, codes

ENGLISH_TOO = the_annex(
    metadata={"titulo_en": {"field": "title", "lang": "en"}, "synopsis_en": {"field": "synopsis_long", "lang": "en"}},
    minimum_metadata=["titulo", "id_cliente", "titulo_en"],
)


def only_message(*arguments, **options):
    (finding,) = checked(*arguments, **options).findings
    return finding.message


def test_a_malformed_item_is_named_with_its_field():
    finding = finding_on_item(MalformedItem(edye_id="mov-9", reason="visible: Field required"))

    assert finding.message == "EDYE id 'mov-9': 'visible: Field required'"


def test_a_missing_title_names_the_languages_that_there_are():
    assert only_message(a_movie(titles={"en": "The Kite"})) == (
        "no title in the language 'es'; languages with a title: 'en'"
    )
    assert only_message(a_movie(titles={})).endswith("languages with a title: none")


def test_invisible_characters_are_named_by_code_point_field_and_language():
    assert only_message(a_movie(titles={"es": "La\u200b cometa\u202e"})) == (
        "titles in 'es' has U+200B ZERO WIDTH SPACE at character 3, U+202E RIGHT-TO-LEFT OVERRIDE at character 11"
    )


def test_of_many_invisible_characters_the_first_five_are_named():
    assert only_message(a_movie(titles={"es": "\x01" * 5})).count("U+0001") == 5
    assert only_message(a_movie(titles={"es": "\x01" * 7})).endswith("U+0001 at character 5 and 2 more")


def test_the_series_title_is_looked_at_where_it_is_sent():
    episode = an_episode(series={"titles": {"es": "Planeta\u200b Azul"}})
    annex = the_annex(metadata={"serie": {"field": "series_title"}})

    assert "IMG" not in "".join(codes(checked(episode, annex=annex)))
    assert "META003" in codes(checked(episode, annex=annex))
    assert "META003" not in codes(checked(episode))
    assert "META003" not in codes(checked(a_movie(), annex=annex))


def test_a_text_that_is_asked_in_another_language_is_looked_at_there_too():
    title = a_movie(titles={"es": "La cometa", "en": "x" * 201}, synopsis_long={"es": "Vuela.", "en": "It flies."})

    assert only_message(title, annex=ENGLISH_TOO) == "title in 'en' has 201 characters, at most 200 are allowed"
    assert codes(checked(title)) == ()


def test_a_synopsis_that_is_asked_in_another_language_is_missed_there_only():
    title = a_movie(synopsis_long={"es": "Vuela."})

    assert only_message(title, annex=ENGLISH_TOO) == "no synopsis_long in 'en'"


def test_a_key_in_another_language_that_is_empty_is_named_with_its_origin():
    title = a_movie(titles={"es": "La cometa"}, synopsis_long={"es": "Vuela.", "en": "It flies."})

    assert only_message(title, annex=ENGLISH_TOO) == "key 'titulo_en' is empty; it comes from 'title'"


def test_a_key_that_is_told_elsewhere_is_not_told_again_beside_one_that_is_not():
    annex = the_annex(minimum_metadata=["titulo", "duracion_seg", "tms"], metadata={"tms": {"external": "tms"}})
    messages = [finding.message for finding in checked(a_movie(titles={}, duration_ms=None), annex=annex).findings]

    assert messages[1:] == [
        "key 'duracion_seg' is empty; it comes from 'duration_s'",
        "key 'tms' is empty; it comes from 'tms'",
    ]


def test_a_wrong_language_is_named_with_those_that_are_delivered():
    assert only_message(a_movie(lang="pt")) == "language 'pt', expected es, en"
    assert only_message(a_movie(lang=None), annex=the_annex(catalogue={"languages": []})) == (
        "language 'none', expected any language"
    )


def test_of_two_titles_with_one_name_each_is_named_to_the_other():
    found = duplicates([a_plan(a_movie()), a_plan(a_movie(id="movie-2", titles={"es": "Otra cometa"}))])

    assert found["movie-1"].message == (
        "'EDYE_MOV_000123_ES' is the external_id of 'La cometa' (EDYE id 'movie-1') "
        "and of 'Otra cometa' (EDYE id 'movie-2')"
    )
    assert found["movie-2"].message.endswith("and of 'La cometa' (EDYE id 'movie-1')")


def test_of_many_titles_with_one_name_three_are_named_and_the_others_counted():
    found = duplicates([a_plan(a_movie(id=f"movie-{number}")) for number in range(1, 7)])

    assert found["movie-2"].message.endswith("(EDYE id 'movie-4'), 2 more")
    assert found["movie-2"].message.count("'movie-2'") == 1
    assert len(found) == 6


def test_figures_come_with_what_was_expected_and_their_unit():
    video = a_video(codec="hevc", width_px=854, height_px=480, duration_s=7260.0, size_bytes=4_000_000)
    title = a_movie(duration_ms=7_260_000)

    assert [finding.message for finding in checked(title, video=video).findings] == [
        "codec 'hevc', expected h264",
        "854x480 px, short edge expected 720 px or more",
        "7260.000 s long, expected 7200 s or less",
        "4000000 bytes at the media host, 5000000 bytes in the catalogue",
        "the picture is 7260.000 s long, the sound 1320.000 s; a difference of up to 5 s is tolerated",
    ]
