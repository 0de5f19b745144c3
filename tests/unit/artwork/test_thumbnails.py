"""Thumbnails: which picture each is made of, and that it comes out exact, bare and the same every time."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw

from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.artwork.thumbnails import (
    ThumbnailPlan,
    plan_thumbnails,
    render_thumbnails,
    rendered_thumbnail,
    shape_of,
    small_picture,
    thumbnail_record,
)
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.plan import RenderedThumbnail
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.errors import PictureBroken
from tests.builders import the_annex
from tests.unit.qc.builders import ANNEX, a_movie, an_episode, an_image, checked, codes, pictures_of

MOST_PIXELS = 40_000_000
RENDERED = RenderedThumbnail(picture="picture.png", shape_digest="ab", art_name="cd.jpg", size_bytes=9)
RED, GREEN, BLUE = (255, 0, 0), (0, 128, 0), (0, 0, 255)


def a_spec(width_px: int = 160, height_px: int = 90, **changes: Any) -> ThumbnailSpec:
    return ThumbnailSpec(name="wide", width_px=width_px, height_px=height_px, origins=("key_art",), **changes)


def render_thumbnail(content: bytes, spec: ThumbnailSpec, max_pixels: int) -> bytes:
    """One thumbnail of a picture that may have so many pixels."""
    images = ANNEX.images.model_copy(update={"max_pixels": max_pixels})
    (thumbnail,) = render_thumbnails(content, [spec], images, run_here)
    if isinstance(thumbnail, PictureBroken):
        raise thumbnail
    return thumbnail


def one_thumbnail(*origins: str, width_px: int = 800, height_px: int = 450) -> Annex:
    """The annex with this thumbnail alone."""
    return the_annex(
        thumbnails=[{"name": "wide", "width_px": width_px, "height_px": height_px, "origins": list(origins)}]
    )


def bands(size: tuple[int, int], mode: str = "RGB", picture_format: str = "PNG", **options: Any) -> bytes:
    """A picture of three upright bands: red, green over the middle half, blue."""
    width_px, height_px = size
    picture = Pillow.new("RGB", size, RED)
    draw = ImageDraw.Draw(picture)
    draw.rectangle((width_px // 4, 0, width_px - width_px // 4 - 1, height_px), fill=GREEN)
    draw.rectangle((width_px - width_px // 4, 0, width_px, height_px), fill=BLUE)
    file = BytesIO()
    picture.convert(mode).save(file, picture_format, **options)
    return file.getvalue()


def opened(content: bytes) -> Pillow.Image:
    picture = Pillow.open(BytesIO(content))
    picture.load()
    return picture


def is_near(colour: Any, expected: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(colour, expected, strict=True))


def origin_names(
    annex: Annex, title: Title, pictures: Mapping[str, Mapping[str, Any]] | None = None
) -> list[str | None]:
    """The file names of the pictures that the thumbnails are made of."""
    plans = plan_thumbnails(annex, title, pictures_of(title, annex, **(pictures or {})))
    return [plan.origin.url.rpartition("/")[2].removesuffix(".png") if plan.origin else None for plan in plans]


def test_every_thumbnail_of_the_annex_is_planned_from_its_first_origin():
    assert origin_names(ANNEX, an_episode()) == ["still", "poster"]
    assert origin_names(ANNEX, a_movie()) == ["background", "poster"]


@pytest.mark.parametrize(
    "defect",
    [
        {"failure": ProbeFailure.UNREADABLE, "format": ""},
        {"width_px": 799},
        {"height_px": 449},
        {"format": "WEBP"},
        {"width_px": 1440, "height_px": 1080},
        {"size_bytes": 10**9},
    ],
    ids=["broken", "a pixel too narrow", "a pixel too low", "format", "ratio", "bytes"],
)
def test_the_next_origin_serves_where_the_first_cannot(defect):
    assert origin_names(one_thumbnail("background", "key_art"), a_movie(), {"background": defect}) == ["key_art"]


def test_art_of_the_very_size_serves():
    annex = one_thumbnail("background", "key_art")

    assert origin_names(annex, a_movie(), {"background": {"width_px": 800, "height_px": 450}}) == ["background"]


def test_art_in_the_titles_own_language_comes_before_art_without_language():
    title = a_movie(images=[an_image("key_art"), an_image("key_art", "spanish", "es"), an_image("poster")])

    assert origin_names(one_thumbnail("key_art"), title) == ["spanish"]


def test_the_second_picture_of_a_kind_serves_where_the_first_is_broken():
    title = a_movie(images=[an_image("key_art"), an_image("key_art", "other"), an_image("poster")])

    assert origin_names(one_thumbnail("key_art"), title, {"key_art": {"failure": "unreadable"}}) == ["other"]


@pytest.mark.parametrize(
    ("size", "serves"),
    [((800, 450), True), ((1600, 900), True), ((799, 450), False), ((801, 450), False), ((640, 360), False)],
    ids=str,
)
def test_a_custom_thumbnail_serves_first_if_its_ratio_is_exact_and_its_size_enough(size, serves):
    title = a_movie(custom_thumbnails=[an_image("thumbnail")])
    pictures = {"thumbnail": {"width_px": size[0], "height_px": size[1]}}

    assert origin_names(one_thumbnail("key_art"), title, pictures) == ["thumbnail" if serves else "key_art"]


def test_a_thumbnail_that_nothing_is_large_enough_for_has_no_origin():
    assert origin_names(one_thumbnail("key_art", width_px=1921, height_px=1080), a_movie()) == [None]


@pytest.mark.parametrize("width_px", [1279, 1280, 1281])
def test_quality_control_and_artwork_agree_on_what_fits(width_px):
    annex = one_thumbnail("key_art", width_px=1280, height_px=720)
    size = {"width_px": width_px, "height_px": 720}

    fits = origin_names(annex, a_movie(), {"key_art": size}) == ["key_art"]
    assert fits is ("IMG009" not in codes(checked(annex=annex, key_art=size)))


@pytest.mark.parametrize(
    "size", [(160, 90), (161, 90), (160, 91), (1920, 1080), (333, 777), (3001, 91)], ids=lambda size: f"{size}"
)
@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_the_thumbnail_has_exactly_its_size_and_format(size, picture_format):
    thumbnail = opened(render_thumbnail(bands(size), a_spec(format=picture_format), MOST_PIXELS))

    assert (thumbnail.size, thumbnail.mode, thumbnail.format) == ((160, 90), "RGB", picture_format)


@pytest.mark.parametrize("size", [(159, 90), (160, 89), (80, 45)], ids=str)
def test_nothing_is_upscaled(size):
    with pytest.raises(PictureBroken, match=rf"it needs 160x90 px, the picture is {size[0]}x{size[1]} px"):
        render_thumbnail(bands(size), a_spec(), MOST_PIXELS)


def test_the_middle_is_kept_where_the_picture_is_too_wide():
    thumbnail = opened(render_thumbnail(bands((640, 180)), a_spec(format="PNG"), MOST_PIXELS))

    assert is_near(thumbnail.getpixel((2, 45)), GREEN)
    assert is_near(thumbnail.getpixel((157, 45)), GREEN)


def test_the_whole_width_is_kept_where_the_picture_is_too_high():
    thumbnail = opened(render_thumbnail(bands((320, 500)), a_spec(format="PNG"), MOST_PIXELS))

    assert is_near(thumbnail.getpixel((2, 45)), RED)
    assert is_near(thumbnail.getpixel((157, 45)), BLUE)


@pytest.mark.parametrize("picture_format", ["JPEG", "PNG"])
def test_the_same_picture_gives_the_same_bytes(picture_format):
    content, spec = bands((640, 360)), a_spec(format=picture_format)

    assert render_thumbnail(content, spec, MOST_PIXELS) == render_thumbnail(content, spec, MOST_PIXELS)


def test_no_metadata_of_the_picture_travels_on():
    exif = Pillow.Exif()
    exif[0x010E] = "made in a studio"
    content = bands((320, 180), picture_format="JPEG", exif=exif, comment=b"made in a studio", icc_profile=b"x" * 200)
    thumbnail = render_thumbnail(content, a_spec(), MOST_PIXELS)

    assert b"studio" not in thumbnail
    assert set(opened(thumbnail).info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def test_the_jpeg_is_not_progressive():
    thumbnail = opened(render_thumbnail(bands((320, 180)), a_spec(), MOST_PIXELS))

    assert "progressive" not in thumbnail.info


@pytest.mark.parametrize("quality", [30, 90])
def test_the_annex_decides_the_jpegs_quality(quality):
    content = bands((640, 360))
    usual = render_thumbnail(content, a_spec(), MOST_PIXELS)

    assert (len(render_thumbnail(content, a_spec(quality=quality), MOST_PIXELS)) > len(usual)) is (quality > 85)


@pytest.mark.parametrize("mode", ["P", "L", "CMYK", "1"])
def test_every_common_colour_mode_is_rendered(mode):
    picture_format = "JPEG" if mode == "CMYK" else "PNG"
    content = bands((320, 180), mode, picture_format)

    assert opened(render_thumbnail(content, a_spec(), MOST_PIXELS)).mode == "RGB"


def test_transparent_parts_become_white():
    file = BytesIO()
    Pillow.new("RGBA", (320, 180), (0, 0, 0, 0)).save(file, "PNG")
    thumbnail = opened(render_thumbnail(file.getvalue(), a_spec(), MOST_PIXELS))

    assert is_near(thumbnail.getpixel((80, 45)), (255, 255, 255))


def test_sixteen_bits_of_grey_stay_grey():
    file = BytesIO()
    Pillow.new("I;16", (320, 180), 32768).save(file, "PNG")
    thumbnail = opened(render_thumbnail(file.getvalue(), a_spec(), MOST_PIXELS))

    assert is_near(thumbnail.getpixel((80, 45)), (128, 128, 128))


def test_a_picture_that_is_turned_by_its_metadata_is_set_upright():
    exif = Pillow.Exif()
    exif[0x0112] = 3
    content = bands((320, 180), picture_format="JPEG", exif=exif, quality=95)
    thumbnail = opened(render_thumbnail(content, a_spec(format="PNG"), MOST_PIXELS))

    assert is_near(thumbnail.getpixel((2, 45)), BLUE)


@pytest.mark.parametrize(
    "content", [b"", b"<html>404</html>", bands((320, 180))[:200]], ids=["empty", "page", "cut short"]
)
def test_bytes_that_are_no_picture_are_told_as_such(content):
    with pytest.raises(PictureBroken, match="thumbnail wide cannot be made"):
        render_thumbnail(content, a_spec(), MOST_PIXELS)


def test_a_picture_of_too_many_pixels_is_not_decoded():
    assert render_thumbnail(bands((320, 180)), a_spec(), 320 * 180)
    with pytest.raises(PictureBroken, match="320x180 px are 57600 pixels, expected 57599 or less"):
        render_thumbnail(bands((320, 180)), a_spec(), 320 * 180 - 1)


def test_the_record_names_the_thumbnail_by_its_content_and_tells_its_origin():
    title = an_episode()
    plan = plan_thumbnails(ANNEX, title, pictures_of(title))[0]
    content = render_thumbnail(bands((1280, 720)), plan.spec, MOST_PIXELS)
    rendered = rendered_thumbnail("picture.png", shape_of(plan.spec), content)
    record = thumbnail_record(plan, rendered)

    assert (record.name, record.width_px, record.height_px, record.origin) == ("landscape_16x9", 800, 450, "still")
    assert record.size_bytes == len(content)
    assert record.art_name == f"{hashlib.sha256(content).hexdigest()}.jpg"


def test_the_digest_of_a_shape_is_another_one_for_any_change_that_changes_the_thumbnail():
    marked = {"edye": b"one", "other": b"two"}
    specs = [
        a_spec(), a_spec(width_px=161), a_spec(height_px=91), a_spec(quality=80), a_spec(format="PNG"),
        a_spec(watermark="edye"), a_spec(watermark="other"),
    ]  # fmt: skip
    digests = {rendered_thumbnail("picture.png", shape_of(spec, marked), b"").shape_digest for spec in specs}
    redrawn = rendered_thumbnail("picture.png", shape_of(specs[5], {"edye": b"three"}), b"").shape_digest
    assert len(digests | {redrawn}) == len(specs) + 1


def test_the_record_of_a_custom_thumbnail_says_so():
    title = a_movie(custom_thumbnails=[an_image("thumbnail")])
    plan = plan_thumbnails(one_thumbnail("key_art"), title, pictures_of(title))[0]

    assert plan.origin is not None
    assert plan.origin.kind is ImageKind.THUMBNAIL
    assert thumbnail_record(plan, RENDERED).origin == "custom_thumbnail"


def test_there_is_no_record_of_a_thumbnail_without_a_picture():
    with pytest.raises(PictureBroken, match="has no picture"):
        thumbnail_record(ThumbnailPlan(a_spec(), None), RENDERED)


@pytest.mark.parametrize(("size", "small"), [((800, 450), (240, 135)), ((534, 801), (160, 240)), ((50, 40), (50, 40))])
def test_a_small_picture_fits_into_its_place_on_the_page(size, small):
    assert opened(small_picture(bands(size))).size == small


def test_a_small_picture_of_broken_bytes_is_told_as_such():
    with pytest.raises(PictureBroken):
        small_picture(b"<html>")
