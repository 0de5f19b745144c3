"""Names at a partner: annex section 2, decisions "Naming"."""

import pytest

from edye_delivery.annex.naming import (
    external_id_of,
    file_name_of,
    image_file_name_of,
    name_defect,
    slug_of,
)
from tests.builders import a_movie, an_episode, the_annex

DIRECTV = "directv_{id_cliente}_{title_slug}_{date}.mp4"


@pytest.mark.parametrize(
    ("title", "name"),
    [
        (an_episode(), "EDYE_PLANETA_S01E03_ES"),
        (an_episode(lang="en"), "EDYE_PLANETA_S01E03_EN"),
        (an_episode(season_number=100, episode_number=1000), "EDYE_PLANETA_S100E1000_ES"),
        (an_episode(season_number=None), "EDYE_PLANETA_000003_ES"),
        (a_movie(), "EDYE_MOV_000123_EN"),
    ],
    ids=["episode", "other language", "above 99 widens", "mini-series", "movie"],
)
def test_external_id_follows_the_naming_rule(title, name):
    assert external_id_of(the_annex(), title) == name
    assert file_name_of(the_annex(), title, name) == f"{name}.mp4"


def test_another_partner_s_template_uses_client_slug_and_date():
    annex = the_annex(naming={"file_name": DIRECTV}, client_id="directv_latam")
    title = an_episode(titles={"es": "¡El Mar, de noche!"})
    assert file_name_of(annex, title, "X") == "directv_directv_latam_el-mar-de-noche_20260301.mp4"


@pytest.mark.parametrize(
    "name",
    ["a/b", "a b", "ñandú", "a\n", "..", "", "x" * 51, "a%2e"],
    ids=["slash", "space", "non-ASCII", "newline", "dots", "empty", "51 characters", "percent"],
)
def test_names_that_must_not_travel_are_refused(name):
    assert name_defect(the_annex(), name, "good.mp4")


def test_names_at_their_limits_pass():
    assert name_defect(the_annex(), "x" * 50, "y" * 121 + ".mp4") is None
    assert name_defect(the_annex(), "x" * 50, "y" * 122 + ".mp4")


@pytest.mark.parametrize(
    "template", ["{title.__class__}", "{title_id!r}", "{lang:>99999}", "{unknown}", "{season:0200000}"]
)
def test_a_template_is_no_programming_language(template):
    with pytest.raises(ValueError, match=r"template|format|variable"):
        the_annex(naming={"episode": template})


def test_slug_of_nothing_readable_is_untitled():
    assert slug_of("日本") == "untitled"


def test_a_picture_has_one_name_and_one_ending_on_every_channel():
    annex = the_annex(api={"renditions": [{"part": "poster", "thumbnail": "portrait_2x3"}]})
    names = [
        image_file_name_of(annex, template, "EDYE_PLANETA_S01E03_ES", "portrait_2x3")
        for template in (annex.api.renditions[0].file_name, annex.ftp.image_file_name)
    ]
    assert names == ["EDYE_PLANETA_S01E03_ES_portrait_2x3.jpg"] * 2


def test_a_picture_is_called_as_the_annex_says():
    named = {"part": "poster", "thumbnail": "portrait_2x3", "file_name": "{thumbnail}.{external_id}.{extension}"}
    annex = the_annex(api={"renditions": [named]})
    file_name = annex.api.renditions[0].file_name
    assert image_file_name_of(annex, file_name, "EDYE_X", "portrait_2x3") == "portrait_2x3.EDYE_X.jpg"


@pytest.mark.parametrize("template", ["{title_id}.jpg", "../{external_id}.jpg", "a b.jpg", "{external_id:>9}.jpg"])
def test_a_pictures_name_is_a_plain_one(template):
    with pytest.raises(ValueError, match="file_name"):
        the_annex(api={"renditions": [{"part": "p", "thumbnail": "portrait_2x3", "file_name": template}]})
