"""The walk over an MP4's boxes: complete, cut short, and made to harm."""

from __future__ import annotations

import struct

import pytest

from edye_delivery.clients.mp4 import BOXES_MAX, Box, Layout, boxes, layout_of


def box(kind: str, content: bytes = b"", size: int | None = None) -> bytes:
    """A box; `size` overrides the true one."""
    return struct.pack(">I4s", 8 + len(content) if size is None else size, kind.encode()) + content


def large_box(kind: str, content: bytes, size: int | None = None) -> bytes:
    """A box whose size is written in 64 bits."""
    return struct.pack(">I4sQ", 1, kind.encode(), 16 + len(content) if size is None else size) + content


FTYP = box("ftyp", b"isom\0\0\2\0isomavc1")
MOOV, MDAT = box("moov", b"index" * 20), box("mdat", b"media" * 50)


def walked(content: bytes, **options: object) -> Layout:
    return layout_of(lambda offset, length: content[offset : offset + length], len(content), **options)


@pytest.mark.parametrize(
    "content",
    [FTYP + MOOV + MDAT, FTYP + MDAT + MOOV, FTYP + box("free") + MOOV + box("free", b"x" * 9) + MDAT],
    ids=["index first", "index last", "with padding"],
)
def test_a_whole_file_has_its_index_its_media_and_nothing_missing(content):
    layout = walked(content)

    assert layout == Layout(
        is_mp4=True,
        brand=b"isom",
        index=Box(b"moov", content.index(b"moov") - 4, len(MOOV)),
        media=(Box(b"mdat", content.index(b"mdat") - 4, len(MDAT)),),
        walked_bytes=len(content),
        is_walked=True,
    )


@pytest.mark.parametrize("kind", ["mdat", "moov"])
def test_a_box_that_reaches_beyond_the_file_is_the_overrun(kind):
    content = FTYP + (MOOV if kind == "mdat" else b"") + box(kind, b"x" * 10, size=1000)
    layout = walked(content)

    assert layout.overrun is not None
    assert (layout.overrun.kind, layout.overrun.size_bytes) == (kind.encode(), 1000)
    assert (layout.index is None) is (kind == "moov")


def test_a_file_that_is_cut_in_its_media_has_no_index_where_that_came_last():
    layout = walked((FTYP + MDAT + MOOV)[: len(FTYP) + 40])

    assert layout.index is None
    assert layout.overrun == Box(b"mdat", len(FTYP), len(MDAT))


def test_a_size_of_64_bits_is_read():
    layout = walked(FTYP + large_box("mdat", b"media" * 9) + MOOV)

    assert layout.index is not None
    assert layout.is_walked


def test_a_size_of_64_bits_that_no_file_has_is_an_overrun():
    layout = walked(FTYP + MOOV + large_box("mdat", b"media", size=2**63))

    assert layout.overrun == Box(b"mdat", len(FTYP + MOOV), 2**63, header_bytes=16)


def test_a_size_of_0_reaches_to_the_end_of_the_file():
    layout = walked(FTYP + MOOV + box("mdat", b"x" * 100, size=0))

    assert layout.overrun is None
    assert layout.is_walked


@pytest.mark.parametrize("size", [2, 7])
def test_a_size_smaller_than_the_header_ends_the_walk(size):
    layout = walked(FTYP + box("moov", b"x" * 20, size=size))

    assert layout.index is None
    assert not layout.is_walked


def test_a_size_of_64_bits_smaller_than_its_header_ends_the_walk():
    assert walked(FTYP + large_box("moov", b"x" * 20, size=15)).index is None


@pytest.mark.parametrize("tail", [b"\0" * 40, b"TAGsomething of a player", b"\0\0\0"], ids=["zeros", "tag", "few"])
def test_what_follows_a_whole_file_is_not_held_against_it(tail):
    layout = walked(FTYP + MOOV + MDAT + tail)

    assert layout.overrun is None
    assert layout.index is not None


@pytest.mark.parametrize("kind", ["beam", "sefd", "Xtra", "\u00a9nam"])
@pytest.mark.parametrize("place", ["first", "between", "last"])
def test_a_box_that_nobody_knows_is_skipped_by_its_size(kind, place):
    unknown = struct.pack(">I", 18) + kind.encode("latin-1") + b"0123456789"
    content = {
        "first": unknown + FTYP + MOOV + MDAT,
        "between": FTYP + MDAT + unknown + MOOV,
        "last": FTYP + MOOV + MDAT + unknown,
    }[place]
    layout = walked(content)

    assert (layout.index is not None, len(layout.media), layout.is_walked, layout.overrun) == (True, 1, True, None)


def test_boxes_that_nobody_knows_make_no_mp4():
    assert walked(box("what", b"x" * 9) + box("ever", b"x" * 9)) == Layout()


def test_padding_that_is_cut_is_nothing_lost():
    assert walked(FTYP + MOOV + MDAT + box("free", b"", size=5000)).overrun is None


@pytest.mark.parametrize("content", [b"", b"\x1aE\xdf\xa3" * 20, b"<!DOCTYPE html>" * 5, b"\0" * 100, b"ftyp"])
def test_other_files_are_no_mp4(content):
    assert walked(content) == Layout()


def test_an_index_without_media_is_told():
    layout = walked(FTYP + MOOV)

    assert (layout.media, layout.is_walked) == ((), True)


def test_the_walk_stops_at_the_first_fragment():
    fragments = (box("moof", b"x" * 8) + MDAT) * 10
    layout = walked(FTYP + MOOV + fragments)

    assert (layout.is_fragmented, layout.is_walked) == (True, False)


def test_the_walk_goes_through_fragments_where_it_is_asked_to():
    fragments = (box("moof", b"x" * 8) + MDAT) * 10
    layout = walked((FTYP + MOOV + fragments)[:-1], into_fragments=True)

    assert layout.overrun is not None


def test_the_number_of_boxes_and_so_of_calls_is_bounded():
    asked: list[int] = []
    content = FTYP + box("free") * 5000 + MOOV

    def read_at(offset: int, length: int) -> bytes:
        asked.append(offset)
        return content[offset : offset + length]

    layout = layout_of(read_at, len(content))

    assert layout.index is None
    assert len(asked) == BOXES_MAX + 1  # the brand is one more


def test_a_brand_that_is_cut_off_is_no_error():
    assert walked(box("ftyp", b"is")).brand == b"is"


def test_boxes_tell_where_they_begin_and_end():
    found = list(boxes(lambda offset, length: (FTYP + MOOV)[offset : offset + length], len(FTYP + MOOV)))

    assert [(item.offset, item.end) for item in found] == [(0, len(FTYP)), (len(FTYP), len(FTYP + MOOV))]
