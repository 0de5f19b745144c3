"""Pictures that Pillow decodes without a word though parts of them are missing or wrong are told as broken."""

from __future__ import annotations

import random
from io import BytesIO
from typing import Any

import pytest
from PIL import Image as Pillow

from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.clients.pictures import look_at
from tests.builders import the_annex
from tests.unit.clients.hostile_pictures import chunk, png

SIZE = (160, 96)
JPEG_KINDS: dict[str, dict[str, Any]] = {
    "baseline": {"mode": "RGB"},
    "progressive": {"mode": "RGB", "progressive": True},
    "grey": {"mode": "L"},
    "CMYK": {"mode": "CMYK"},
    "RGB": {"mode": "RGB", "keep_rgb": True},
    "4:2:2": {"mode": "RGB", "subsampling": "4:2:2"},
    "restart markers": {"mode": "RGB", "restart_marker_rows": 1},
}


def jpeg(mode: str, **options: Any) -> bytes:
    """A JPEG with the same noise every time."""
    noise = Pillow.frombytes("RGB", SIZE, random.Random(1).randbytes(SIZE[0] * SIZE[1] * 3))
    file = BytesIO()
    noise.convert(mode).save(file, "JPEG", quality=75, **options)
    return file.getvalue()


def scan_of(content: bytes) -> tuple[int, int]:
    """Where the data of the first scan begin and the file's end marker stands."""
    return content.index(b"\xff\xda") + 20, len(content) - 2


def cut_with_end_marker(content: bytes) -> bytes:
    start, end = scan_of(content)
    return content[: (start + end) // 2] + content[end:]


def with_a_hole(content: bytes) -> bytes:
    start, end = scan_of(content)
    third = (end - start) // 3
    return content[: start + third] + content[start + 2 * third :]


def filled_with_zeros(content: bytes) -> bytes:
    start, end = scan_of(content)
    third = (end - start) // 3
    return content[: start + third] + bytes(third) + content[start + 2 * third :]


def without_end_marker(content: bytes) -> bytes:
    return content[:-2]


def told(content: bytes) -> tuple[ProbeFailure | None, str]:
    facts = look_at(ImageKind.POSTER, "http://media.example/a.jpg", content, the_annex().images)
    return facts.failure, facts.detail


def is_decoded_by_pillow(content: bytes) -> bool:
    try:
        with Pillow.open(BytesIO(content)) as picture:
            picture.load()
    except OSError:
        return False
    return True


@pytest.mark.parametrize("kind", JPEG_KINDS)
@pytest.mark.parametrize("damage", [cut_with_end_marker, with_a_hole, filled_with_zeros], ids=lambda one: one.__name__)
def test_a_jpeg_whose_data_are_missing_or_wrong_is_broken_though_pillow_decodes_it(kind, damage):
    damaged = damage(jpeg(**JPEG_KINDS[kind]))
    failure, detail = told(damaged)

    assert is_decoded_by_pillow(damaged)
    assert failure is ProbeFailure.UNREADABLE
    assert detail.startswith("it is damaged or cut short: ")


@pytest.mark.parametrize("kind", JPEG_KINDS)
def test_a_whole_jpeg_is_good_whatever_its_kind_and_whatever_follows_it(kind):
    content = jpeg(**JPEG_KINDS[kind])

    assert told(content) == (None, "")
    assert told(content + b"a camera's own data" * 20) == (None, "")
    assert told(without_end_marker(content))[0] is ProbeFailure.UNREADABLE


@pytest.mark.parametrize("kind", JPEG_KINDS)
@pytest.mark.parametrize("zeros", [4, 16, 4096])
def test_zeros_before_the_end_marker_are_no_damage_and_hide_none(kind, zeros):
    content = jpeg(**JPEG_KINDS[kind])
    padded = content[:-2] + bytes(zeros) + content[-2:]

    assert told(padded) == (None, "")
    assert told(padded[:600] + padded[900:])[0] is ProbeFailure.UNREADABLE


@pytest.mark.parametrize(
    "segment",
    [b"\xff\xe0\0\x10JFIF\0\x09\0\0\0\x01\0\x01\0\0", b"\xff\xe2\0\x14ICC_PROFILE\0\x02\x02half"],
    ids=["unknown version of JFIF", "half a colour profile"],
)
def test_a_warning_about_metadata_alone_is_no_damage_and_hides_none(segment):
    content = jpeg("RGB")
    warned = content[:2] + segment + content[20:]

    assert told(warned) == (None, "")
    assert told(cut_with_end_marker(warned))[0] is ProbeFailure.UNREADABLE


def test_a_jpeg_whose_colours_are_sampled_in_an_unusual_way_is_good():
    content = bytearray(jpeg("RGB", subsampling="4:4:4"))
    frame = content.index(b"\xff\xc0")
    for component, factors in enumerate((0x22, 0x21, 0x11)):
        content[frame + 11 + 3 * component] = factors
    # The data are of another layout now; the header alone decides whether such a picture is looked into.

    assert is_decoded_by_pillow(bytes(content))
    assert told(bytes(content)) == (None, "")


def with_wrong_checksum(content: bytes, kind: bytes) -> bytes:
    """The PNG with another checksum of its first chunk of this kind."""
    at = content.index(kind)
    end = at + 4 + int.from_bytes(content[at - 4 : at], "big")
    return content[:end] + bytes(byte ^ 0xFF for byte in content[end : end + 4]) + content[end + 4 :]


def with_text_at_its_end() -> bytes:
    whole = png()
    return whole[:-12] + chunk(b"tEXt", b"Comment\0made by hand") + whole[-12:]


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (with_wrong_checksum(png(), b"IDAT"), "it is damaged: the checksum of a chunk b'IDAT' is wrong"),
        (
            with_wrong_checksum(with_text_at_its_end(), b"tEXt"),
            "it is damaged: the checksum of a chunk b'tEXt' is wrong",
        ),
        (with_wrong_checksum(png(), b"IEND"), "it is damaged: the checksum of a chunk b'IEND' is wrong"),
        (png()[:-12], "it is damaged or cut short: it ends before its last chunk, IEND"),
        (png()[:-2], "it is damaged or cut short: it ends before its last chunk, IEND"),
    ],
    ids=["pixels", "text behind them", "end", "no end", "half an end"],
)
def test_a_png_with_a_wrong_checksum_or_without_its_end_is_broken_though_pillow_decodes_it(content, detail):
    assert is_decoded_by_pillow(content)
    assert told(content) == (ProbeFailure.UNREADABLE, detail)


def test_a_whole_png_is_good_whatever_follows_it():
    assert told(with_text_at_its_end()) == (None, "")
    assert told(png() + b"more than a picture") == (None, "")
