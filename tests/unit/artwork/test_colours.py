"""Thumbnails keep the colours that were made: from the picture's own profile to sRGB, and a bad profile is told."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow
from PIL import ImageCms

from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.artwork.thumbnails import render_thumbnails
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients.pictures import look_at
from tests import icc_profiles as icc
from tests.builders import the_annex
from tests.unit.clients.hostile_pictures import chunk

IMAGES = the_annex().images
SPEC = ThumbnailSpec(name="wide", width_px=16, height_px=9, origins=("key_art",), format="PNG")
COLOUR = (200, 60, 59)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ADOBE = icc.rgb_profile(icc.ADOBE_RGB, 2.2)
ADOBE_COLOUR = icc.srgb_of_rgb(COLOUR, icc.ADOBE_RGB, 2.2)


def painted(mode: str, colour: Any, picture_format: str = "PNG", **options: Any) -> bytes:
    """A picture of one colour."""
    file = BytesIO()
    Pillow.new(mode, (32, 18), colour).save(file, picture_format, **options)
    return file.getvalue()


def thumbnail_colour(content: bytes) -> tuple[int, ...]:
    (thumbnail,) = render_thumbnails(content, [SPEC], IMAGES, run_here)
    assert isinstance(thumbnail, bytes), thumbnail
    with Pillow.open(BytesIO(thumbnail)) as picture:
        assert "icc_profile" not in picture.info
        return picture.getpixel((8, 4))


def seen(content: bytes) -> ImageFacts:
    return look_at(ImageKind.KEY_ART, "http://media.example/a.png", content, IMAGES)


def is_near(colour: tuple[int, ...], expected: tuple[int, ...]) -> bool:
    return all(abs(one - other) <= 3 for one, other in zip(colour, expected, strict=True))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (painted("RGB", COLOUR, icc_profile=ADOBE), ADOBE_COLOUR),
        (painted("RGB", COLOUR, "JPEG", quality=100, subsampling=0, icc_profile=ADOBE), ADOBE_COLOUR),
        (painted("RGBA", (*COLOUR, 255), icc_profile=ADOBE), ADOBE_COLOUR),
        (painted("RGBA", (*COLOUR, 0), icc_profile=ADOBE), (255, 255, 255)),
        (painted("RGB", COLOUR, icc_profile=icc.rgb_profile(icc.P3, 2.2)), icc.srgb_of_rgb(COLOUR, icc.P3, 2.2)),
        (
            painted("RGB", COLOUR, icc_profile=icc.rgb_profile(icc.PROPHOTO, 1.8)),
            icc.srgb_of_rgb(COLOUR, icc.PROPHOTO, 1.8),
        ),
        (painted("L", 100, icc_profile=icc.grey_profile(1.0)), icc.srgb_of_grey(100, 1.0)),
        (painted("I;16", 100 * 256, icc_profile=icc.grey_profile(1.0)), icc.srgb_of_grey(100, 1.0)),
        (painted("LA", (100, 255), icc_profile=icc.grey_profile(1.0)), icc.srgb_of_grey(100, 1.0)),
        (
            painted("CMYK", (255, 0, 0, 0), "JPEG", quality=100, icc_profile=icc.cmyk_profile()),
            icc.srgb_of_lightness(80),
        ),
        (painted("RGB", COLOUR, icc_profile=SRGB), COLOUR),
        (painted("RGB", COLOUR), COLOUR),
    ],
    ids=[
        "Adobe RGB", "Adobe RGB in a JPEG", "opaque", "transparent", "P3", "ProPhoto", "grey", "16 bits of grey",
        "opaque grey", "CMYK", "sRGB", "no profile",
    ],
)  # fmt: skip
def test_a_thumbnail_shows_the_colours_of_the_pictures_own_profile(content, expected):
    assert is_near(thumbnail_colour(content), expected), (thumbnail_colour(content), expected)
    assert seen(content).profile_defect == ""


def test_colours_that_differ_only_by_their_profile_come_out_differently():
    assert not is_near(ADOBE_COLOUR, COLOUR)


@pytest.mark.parametrize(
    ("mode", "colour", "profile", "why"),
    [
        ("RGB", COLOUR, b"x" * 300, "its colour profile of 300 bytes cannot be read"),
        ("RGB", COLOUR, ADOBE[:200], "its colour profile of 200 bytes cannot be read"),
        (
            "RGB",
            COLOUR,
            ADOBE[:16] + b"\xff\xfe\xfd\xfc" + ADOBE[20:],
            f"its colour profile of {len(ADOBE)} bytes cannot be read",
        ),
        ("RGB", COLOUR, icc.cmyk_profile(), "its colour profile is for 'CMYK', its pixels are RGB"),
        ("L", 100, ADOBE, "its colour profile is for 'RGB', its pixels are grey"),
    ],
    ids=["no profile at all", "cut short", "of no colours", "of other colours", "of colours, on grey"],
)
def test_a_profile_that_cannot_be_used_is_told_and_the_colours_stay(mode, colour, profile, why):
    content = painted(mode, colour, icc_profile=profile)
    facts = seen(content)

    assert (facts.failure, facts.profile_defect) == (None, why)
    assert thumbnail_colour(content) == thumbnail_colour(painted(mode, colour))


def test_a_profile_of_which_a_part_is_missing_is_told():
    content = painted("RGB", COLOUR, "JPEG", icc_profile=ADOBE + bytes(70_000))
    first = content.index(b"\xff\xe2")
    length = int.from_bytes(content[first + 2 : first + 4], "big")
    facts = seen(content[:first] + content[first + 2 + length :])

    assert facts.failure is None
    assert facts.profile_defect.startswith("its colour profile cannot be put together")


def test_a_profile_that_cannot_be_unpacked_is_told():
    content = painted("RGB", COLOUR, icc_profile=ADOBE)
    at = content.index(b"iCCP")
    length = int.from_bytes(content[at - 4 : at], "big")
    broken = chunk(b"iCCP", b"icc\0\0" + b"no zlib stream")
    facts = seen(content[: at - 4] + broken + content[at + 4 + length + 4 :])

    assert facts.failure is None
    assert facts.profile_defect.startswith("its colour profile cannot be put together")
