"""What a picture really is, whatever its name or the catalogue says, and within which bounds it is opened."""

from __future__ import annotations

import hashlib
import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from edye_delivery.catalog.facts import ImageFacts, ProbeFailure
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients.pictures import fetch_picture, look_at
from edye_delivery.errors import AddressRefused, HostNotAllowed, MediaTooLarge, MediaUnavailable, Transient, UrlRefused
from tests.builders import the_annex

URL = "http://media.example/poster.png?sig=a"
LIMITS = the_annex(images={"max_pixels": 1_000_000, "max_size_bytes": 3_000_000}).images


def drawn(picture_format: str, size: tuple[int, int] = (400, 600), mode: str = "RGB", **options: Any) -> bytes:
    """A picture with noise on it, so that its bytes are many."""
    file = BytesIO()
    Pillow.effect_noise(size, 60).convert(mode).save(file, picture_format, **options)
    return file.getvalue()


def a_bomb(width_px: int, height_px: int) -> bytes:
    """A PNG of a few bytes that claims this size."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def seen(content: bytes, limits: Any = LIMITS) -> ImageFacts:
    return look_at(ImageKind.POSTER, URL, content, limits)


@pytest.mark.parametrize(("picture_format", "ending"), [("PNG", "png"), ("JPEG", "jpg")])
def test_a_good_picture_is_measured_and_named_by_its_content(picture_format, ending):
    content = drawn(picture_format)
    digest = hashlib.sha256(content).hexdigest()

    assert seen(content) == ImageFacts(
        kind=ImageKind.POSTER, url=URL, format=picture_format, width_px=400, height_px=600, size_bytes=len(content),
        sha256=digest, art_name=f"{digest}.{ending}",
    )  # fmt: skip


def test_a_gif_is_decoded_where_the_annex_takes_it():
    limits = LIMITS.model_copy(update={"formats": ("GIF",)})

    assert seen(drawn("GIF"), limits).art_name.endswith(".gif")


@pytest.mark.parametrize("picture_format", ["GIF", "WEBP"])
def test_a_format_that_the_annex_does_not_take_is_named_and_not_decoded(picture_format):
    content = drawn(picture_format)
    facts = seen(content[: len(content) // 2] if picture_format == "GIF" else content)

    assert (facts.failure, facts.format, facts.art_name) == (None, picture_format, "")
    assert (facts.width_px, facts.height_px) == (400, 600)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
@pytest.mark.parametrize("picture_format", ["PNG", "JPEG"])
def test_a_picture_that_is_cut_short_is_unreadable(picture_format, share):
    content = drawn(picture_format)
    facts = seen(content[: int(len(content) * share)])

    assert facts.failure is ProbeFailure.UNREADABLE
    assert facts.detail.startswith("it is damaged or cut short")
    assert facts.art_name == ""


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>404</html>" * 20, b"BM" + bytes(200), b"II*\0" + bytes(200), b"\x89PNG\r\n\x1a\n", b"GIF89a"],
    ids=["empty", "error page", "BMP", "TIFF", "PNG signature alone", "GIF signature alone"],
)
def test_what_is_no_picture_of_a_known_format_is_unreadable(content):
    facts = seen(content)

    assert facts.failure is ProbeFailure.UNREADABLE
    assert facts.size_bytes == len(content)


def test_the_most_pixels_are_opened_and_one_row_more_is_not():
    assert seen(drawn("PNG", (1000, 1000), "L")).failure is None
    too_large = seen(drawn("PNG", (1000, 1001), "L"))

    assert too_large.failure is ProbeFailure.TOO_LARGE
    assert too_large.detail == "1000x1001 px are 1001000 pixels, expected 1000000 or less"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [(10_000, 10_000), (20_000, 20_000), (2**31 - 1, 2**31 - 1)], ids=str)
def test_a_picture_that_would_fill_the_memory_is_not_decoded(size):
    facts = seen(a_bomb(*size))

    assert facts.failure is ProbeFailure.TOO_LARGE


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_picture_that_would_fill_the_memory_is_not_decoded_where_warnings_are_no_errors():
    assert seen(a_bomb(10_000, 10_000)).failure is ProbeFailure.TOO_LARGE


def test_the_most_bytes_are_opened_and_one_byte_more_is_not():
    content = drawn("PNG")

    assert seen(content, LIMITS.model_copy(update={"max_size_bytes": len(content)})).failure is None
    assert (
        seen(content, LIMITS.model_copy(update={"max_size_bytes": len(content) - 1})).failure is ProbeFailure.TOO_LARGE
    )


@pytest.mark.parametrize(("orientation", "size"), [(1, (400, 600)), (3, (400, 600)), (6, (600, 400)), (8, (600, 400))])
def test_the_size_is_the_one_that_is_shown(orientation, size):
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    facts = seen(drawn("JPEG", exif=exif))

    assert (facts.width_px, facts.height_px) == size


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "LA", "1"])
def test_every_common_colour_mode_is_read(mode):
    assert seen(drawn("PNG", mode=mode)).failure is None


@pytest.mark.parametrize("picture_format", ["PNG", "JPEG", "GIF", "WEBP"])
def test_damage_at_any_place_is_told_and_never_raised(picture_format):
    content = drawn(picture_format, (60, 90))
    limits = LIMITS.model_copy(update={"formats": ("PNG", "JPEG", "GIF")})

    for place in range(0, min(len(content), 700)):
        damaged = content[:place] + bytes([content[place] ^ 0xFF]) + content[place + 1 :]
        facts = seen(damaged, limits)
        assert (facts.failure is None) == (facts.detail == "")


class OneFile:
    """A media host that has one file, or an error."""

    def __init__(self, answer: bytes | Exception) -> None:
        self._answer = answer

    def fetch(self, url: str, max_bytes: int) -> bytes:
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


POSTER = Image(kind=ImageKind.POSTER, url=URL)


def test_a_picture_is_fetched_with_its_bytes():
    content = drawn("PNG")

    assert fetch_picture(OneFile(content), POSTER, LIMITS, run_here) == (seen(content), content)


def test_bytes_that_cannot_be_used_are_not_handed_on():
    facts, content = fetch_picture(OneFile(b"<html>"), POSTER, LIMITS, run_here)

    assert (facts.failure, content) == (ProbeFailure.UNREADABLE, None)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (UrlRefused("the address is no http address"), ProbeFailure.URL_REFUSED),
        (HostNotAllowed("the host is not on the allow-list"), ProbeFailure.HOST_NOT_ALLOWED),
        (AddressRefused("the media host answered 403"), ProbeFailure.UNAVAILABLE),
        (MediaUnavailable("the media host answered 404"), ProbeFailure.NOT_FOUND),
        (MediaTooLarge("larger than 3000000 bytes"), ProbeFailure.TOO_LARGE),
        (Transient("the media host answered 503"), ProbeFailure.UNAVAILABLE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_media_host_says_becomes_the_failure(error, failure):
    facts, content = fetch_picture(OneFile(error), POSTER, LIMITS, run_here)

    assert (facts.failure, facts.detail, facts.kind, content) == (failure, str(error), ImageKind.POSTER, None)
