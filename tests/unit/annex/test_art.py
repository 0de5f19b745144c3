"""A custom thumbnail serves the thumbnail that it was made for, by its file's name and its shape."""

from __future__ import annotations

import pytest

from edye_delivery.annex.art import likely_origins, thumbnail_origin
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind
from tests.builders import a_movie, the_annex

HOST = "http://media.example"
SIZES = {"hero": (1920, 1080), "tile": (1280, 720), "tile_small": (640, 360), "box": (800, 600)}


def annex(**sizes: tuple[int, int]) -> Annex:
    """An annex with a thumbnail of each of these sizes, made of key art."""
    return the_annex(
        thumbnails=[
            {"name": name, "width_px": width, "height_px": height, "origins": ["key_art"]}
            for name, (width, height) in (sizes or SIZES).items()
        ]
    )


def served(file_name: str, size: tuple[int, int], partner: Annex) -> list[str]:
    """The thumbnails of the annex that a custom thumbnail of this name and size is taken for."""
    custom = Image(kind=ImageKind.THUMBNAIL, url=f"{HOST}/custom/{file_name}?sig=a")
    art = Image(kind=ImageKind.KEY_ART, url=f"{HOST}/art.png")
    title = a_movie().model_copy(update={"images": (art,), "custom_thumbnails": (custom,)})
    pictures = [
        ImageFacts(kind=one.kind, url=one.url, format="PNG", width_px=width_px, height_px=height_px, size_bytes=9)
        for one, (width_px, height_px) in ((custom, size), (art, (3840, 2160)))
    ]
    origins = {spec.name: thumbnail_origin(partner, spec, title, pictures) for spec in partner.thumbnails}
    return [name for name, origin in origins.items() if origin is not None and origin.url == custom.url]


@pytest.mark.parametrize(
    ("file_name", "size", "names"),
    [
        ("thumbnail.png", (1920, 1080), ["hero"]),
        ("thumbnail.png", (1280, 720), ["tile"]),
        ("thumbnail.png", (1600, 900), ["tile"]),
        ("thumbnail.png", (3840, 2160), ["hero"]),
        ("thumbnail.png", (640, 360), ["tile_small"]),
        ("thumbnail.png", (320, 180), []),
        ("thumbnail.png", (800, 600), ["box"]),
        ("thumbnail.png", (1000, 1000), []),
        ("tile.png", (1920, 1080), ["tile"]),
        ("EDYE_PLANETA-Tile.png", (1280, 720), ["tile"]),
        ("tile_small.png", (1280, 720), ["tile_small"]),
        ("EDYE_S01E03_tile-small.png", (640, 360), ["tile_small"]),
        ("tiles.png", (1920, 1080), ["hero"]),
        ("hero.png", (1280, 720), []),
        ("box.png", (1280, 720), []),
        ("hero", (1920, 1080), ["hero"]),
    ],
)
def test_a_custom_thumbnail_serves_one_thumbnail(file_name, size, names):
    assert served(file_name, size, annex()) == names


def test_thumbnails_of_one_size_share_a_custom_one_that_names_none_of_them():
    twins = annex(cover=(1280, 720), preview=(1280, 720))

    assert served("thumbnail.png", (1280, 720), twins) == ["cover", "preview"]
    assert served("preview.png", (1280, 720), twins) == ["preview"]


GIVEN = {"key_art-1": (1920, 1080), "key_art-2": (1920, 1080), "still": (1280, 720), "hero": (1920, 1080)}


@pytest.mark.parametrize("left_out", [None, *GIVEN])
@pytest.mark.parametrize("origins", [("key_art",), ("still", "key_art"), ("background", "still"), ("poster",)])
def test_where_all_pictures_are_good_a_thumbnail_is_made_of_the_likely_one(origins, left_out):
    sizes = {name: size for name, size in GIVEN.items() if name != left_out}
    partner = the_annex(
        thumbnails=[
            {"name": name, "width_px": width, "height_px": height, "origins": list(origins)}
            for name, (width, height) in SIZES.items()
            if name != "box"
        ]
    )
    images = [
        Image(kind="thumbnail" if name == "hero" else name.partition("-")[0], url=f"{HOST}/{name}.png?sig=a")
        for name in sizes
    ]
    art = tuple(image for image in images if image.kind is not ImageKind.THUMBNAIL)
    custom = tuple(image for image in images if image.kind is ImageKind.THUMBNAIL)
    title = a_movie().model_copy(update={"images": art, "custom_thumbnails": custom})
    pictures = [
        ImageFacts(kind=one.kind, url=one.url, format="PNG", width_px=3840, height_px=2160, size_bytes=9)
        for one in images
    ]
    likely = {spec.name: url for url, specs in likely_origins(partner, title).items() for spec in specs}
    made_of = {spec.name: thumbnail_origin(partner, spec, title, pictures) for spec in partner.thumbnails}
    assert likely == {name: origin.url for name, origin in made_of.items() if origin is not None}


def test_a_custom_thumbnail_whose_name_says_nothing_is_not_expected_anywhere():
    custom = Image(kind=ImageKind.THUMBNAIL, url=f"{HOST}/custom.png")
    title = a_movie().model_copy(update={"images": (), "custom_thumbnails": (custom,)})
    assert likely_origins(annex(), title) == {}
