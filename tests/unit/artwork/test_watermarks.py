"""Watermarks: over the lower right corner, nowhere else, and the same bytes every time."""

from io import BytesIO

import pytest
from PIL import Image as Pillow

from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.watermarks import read_watermarks
from edye_delivery.artwork.thumbnails import render_thumbnails
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.errors import ConfigurationInvalid
from tests.builders import the_annex

RED, GREEN = (200, 0, 0), (0, 200, 0)


def as_png(colour, size, mode="RGB"):
    file = BytesIO()
    Pillow.new(mode, size, colour).save(file, "PNG")
    return file.getvalue()


def a_spec(watermark="mark"):
    return ThumbnailSpec(
        name="wide", width_px=800, height_px=450, origins=(ImageKind.STILL,), format="PNG", watermark=watermark
    )


def rendered(spec, mark):
    content = as_png(RED, (1600, 900))
    (thumbnail,) = render_thumbnails(content, [spec], the_annex().images, run_here, {"mark": mark})
    return thumbnail


def test_a_watermark_lies_over_the_lower_right_corner_and_leaves_the_rest():
    with Pillow.open(BytesIO(rendered(a_spec(), as_png(GREEN, (300, 100))))) as picture:
        assert picture.size == (800, 450)
        assert picture.getpixel((700, 400)) == GREEN
        assert {picture.getpixel(place) for place in ((5, 5), (795, 445), (400, 225), (5, 445))} == {RED}


def test_a_transparent_watermark_lets_the_picture_through():
    with Pillow.open(BytesIO(rendered(a_spec(), as_png((0, 200, 0, 0), (300, 100), "RGBA")))) as picture:
        assert picture.getpixel((700, 400)) == RED


def test_a_watermark_gives_the_same_bytes_every_time_and_others_than_without():
    mark = as_png(GREEN, (300, 100))
    assert rendered(a_spec(), mark) == rendered(a_spec(), mark) != rendered(a_spec(None), mark)


def test_a_watermark_higher_than_the_thumbnail_does_not_break_it():
    with Pillow.open(BytesIO(rendered(a_spec(), as_png(GREEN, (10, 4000))))) as picture:
        assert picture.size == (800, 450)


@pytest.mark.parametrize("content", [None, b"no picture"])
def test_a_watermark_that_is_missing_or_no_png_is_refused_with_its_name(tmp_path, content):
    annex = the_annex()
    annex = annex.model_copy(update={"thumbnails": (a_spec(),)})
    if content is not None:
        (tmp_path / "mark.png").write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match=r"include/watermarks/mark\.png"):
        read_watermarks(annex, tmp_path)


def test_the_watermarks_of_an_annex_are_read():
    annex = the_annex().model_copy(update={"thumbnails": (a_spec("edye"),)})
    assert read_watermarks(annex).keys() == {"edye"}
    assert read_watermarks(the_annex()) == {}
