"""The index of an MP4 against its file: bytes that are missing, stale offsets, encrypted samples, damaged tables."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.clients import mp4_index
from edye_delivery.clients.mp4 import layout_of
from edye_delivery.clients.mp4_index import Defect, index_defect
from tests.unit.clients.test_mp4 import FTYP, box

SIZES = (5, 7, 11, 13, 17)
"""Of a track's samples; the first three lie in one chunk, the others in a second one."""
RUNS = ((1, 3, 1), (2, 2, 1))
TOTAL = sum(SIZES)


def table(kind: str, *numbers: int, letters: str = "I", count: int | None = None) -> bytes:
    """A full box: version and flags, a count of entries, the entries."""
    entries = b"".join(struct.pack(f">{letters[n % len(letters)]}", number) for n, number in enumerate(numbers))
    return box(kind, struct.pack(">II", 0, len(numbers) // len(letters) if count is None else count) + entries)


def sizes_table(sizes: Sequence[int] = SIZES, constant: int = 0, count: int | None = None) -> bytes:
    """stsz: one size for all samples, or each its own."""
    number = len(sizes) if count is None else count
    return box("stsz", struct.pack(">III", 0, constant, number) + struct.pack(f">{len(sizes)}I", *sizes))


def compact_sizes(width_bits: int, entries: bytes, count: int) -> bytes:
    """stz2: sizes of 4, 8 or 16 bits."""
    return box("stz2", struct.pack(">III", 0, width_bits, count) + entries)


def moov(
    offsets: Sequence[int], sizes: bytes | None = None, *, kind: str = "vide", sample_format: str = "avc1",
    runs: Sequence[Sequence[int]] = RUNS, large: bool = False,
) -> bytes:  # fmt: skip
    """An index of one track."""
    described = box("stsd", struct.pack(">II", 0, 1) + box(sample_format, b"\0" * 70))
    chunks = table("co64" if large else "stco", *offsets, letters="Q" if large else "I")
    samples = table("stsc", *(number for run in runs for number in run), count=len(runs))
    stbl = box("stbl", described + samples + (sizes_table() if sizes is None else sizes) + chunks)
    handler = box("hdlr", b"\0" * 8 + kind.encode() + b"\0" * 13)
    return box("moov", box("mvhd", b"\0" * 100) + box("trak", box("tkhd") + box("mdia", handler + box("minf", stbl))))


def file_of(index: bytes, media_bytes: int = TOTAL, index_first: bool = True) -> bytes:
    """A whole file of one mdat."""
    mdat = box("mdat", b"m" * media_bytes)
    return FTYP + (index + mdat if index_first else mdat + index)


def first_byte(index: bytes) -> int:
    """Where the media begins in a file whose index comes first."""
    return len(FTYP) + len(index) + 8


def offsets_for(index_first: bool = True, large: bool = False) -> tuple[int, int]:
    """The right offsets of the two chunks."""
    start = first_byte(moov((0, 0), large=large)) if index_first else len(FTYP) + 8
    return start, start + sum(SIZES[:3])


def defect_of(content: bytes) -> Defect | None:
    def read_at(offset: int, length: int) -> bytes:
        return content[offset : offset + length]

    return index_defect(read_at, layout_of(read_at, len(content)), len(content))


START, SECOND = offsets_for()


@pytest.mark.parametrize(
    "content",
    [
        file_of(moov((START, SECOND))),
        file_of(moov(offsets_for(index_first=False)), index_first=False),
        file_of(moov(offsets_for(large=True), large=True)),
        file_of(moov((START, SECOND))) + b"TAG of a player",
        FTYP + moov((START, SECOND)) + box("mdat", b"m" * TOTAL, size=0),
        file_of(moov((10**9, SECOND), kind="text")),
        FTYP + box("moov", box("mvhd", b"\0" * 100)),
    ],
    ids=["index first", "index last", "offsets of 64 bits", "a tail", "mdat to the end", "a text track", "no track"],
)
def test_an_index_that_fits_its_file_has_no_defect(content):
    assert defect_of(content) is None


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (file_of(moov((START, SECOND)))[:-1], 1),
        ((FTYP + moov((START, SECOND)) + box("mdat", b"m" * TOTAL, size=0))[:-20], 20),
        (file_of(moov((START, 10**9))), 10**9 + 30 - (START + TOTAL)),
        (file_of(moov((START, SECOND), kind="soun"))[:-3], 3),
    ],
    ids=["one byte short", "mdat without a size, cut", "beyond the end", "sound"],
)
def test_bytes_that_the_file_does_not_have_are_counted(content, missing):
    failure, detail = defect_of(content) or (None, "")

    assert failure is ProbeFailure.TRUNCATED
    assert detail.endswith(f"{missing} are missing")


@pytest.mark.parametrize(
    "offsets",
    [offsets_for(index_first=False), (START - 1, SECOND), (START, SECOND - 40), (START + 1000, SECOND)],
    ids=["as before a faststart", "in the header of mdat", "in the index", "in what follows"],
)
def test_offsets_that_lead_beside_the_media_are_told(offsets):
    failure, detail = defect_of(file_of(moov(offsets)) + box("free", b"\0" * 5000)) or (None, "")

    assert failure is ProbeFailure.TRUNCATED
    assert "that hold no media (mdat)" in detail


def test_a_chunk_that_reaches_into_the_next_box_is_told():
    failure, detail = defect_of(file_of(moov((START, SECOND + 1))) + box("free", b"\0" * 50)) or (None, "")

    assert (failure, "1 of 2 pieces of its picture" in detail) == (ProbeFailure.TRUNCATED, True)


@pytest.mark.parametrize("sample_format", ["encv", "enca", "drmi", "drms"])
def test_samples_that_only_a_key_opens_are_encrypted_whatever_else_is_wrong(sample_format):
    failure, detail = defect_of(file_of(moov((10**9, 10**9), sample_format=sample_format))) or (None, "")

    assert failure is ProbeFailure.ENCRYPTED
    assert sample_format in detail


@pytest.mark.parametrize(
    ("sizes", "kind", "is_lost"),
    [
        (sizes_table((), constant=15, count=5), "vide", False),
        (sizes_table((), constant=16, count=5), "vide", True),
        (sizes_table((), constant=1000, count=5), "soun", False),
        (compact_sizes(8, bytes(SIZES), 5), "vide", False),
        (compact_sizes(8, bytes((99, *SIZES[1:])), 5), "vide", True),
        (compact_sizes(16, struct.pack(">5H", *SIZES), 5), "vide", False),
        (compact_sizes(4, bytes((0x57, 0xBD, 0xF0)), 5), "vide", False),
    ],
    ids=["one size", "one size, too large", "frames of sound", "8 bits", "8 bits, too large", "16 bits", "4 bits"],
)
def test_every_form_of_the_table_of_sizes_is_read(sizes, kind, is_lost):
    start = first_byte(moov((0, 0), sizes))
    found = defect_of(file_of(moov((start, start + 23), sizes, kind=kind)))

    assert (found is not None) is is_lost


@pytest.mark.parametrize(
    ("index", "reason"),
    [
        (moov((START, SECOND), sizes_table(SIZES, count=9)), "stsz counts 9 entries and has room for 5"),
        (moov((START, SECOND), runs=((2, 3, 1),)), "stsc is not in order"),
        (moov((START, SECOND), runs=((1, 3, 1), (1, 2, 1))), "stsc is not in order"),
        (moov((START, SECOND), box("stsx")), "no table stsz"),
        (moov((START, SECOND), box("stsz")), "unpack"),
    ],
    ids=["more entries than room", "no first chunk", "twice the first", "no sizes", "an empty table"],
)
def test_a_damaged_table_makes_the_file_unreadable(index, reason):
    failure, detail = defect_of(FTYP + index + box("mdat", b"m" * 5000)) or (None, "")

    assert failure is ProbeFailure.UNREADABLE
    assert reason in detail


@pytest.mark.parametrize(("most", "failure"), [(13, None), (12, ProbeFailure.UNREADABLE)])
def test_the_number_of_entries_that_are_read_is_bounded(monkeypatch, most, failure):
    monkeypatch.setattr(mp4_index, "ENTRIES_MAX", most)
    found = defect_of(file_of(moov((START, SECOND))))

    assert (found and found[0]) is failure


def test_fragments_tell_their_samples_themselves():
    index = moov((), box("stsx"))

    assert defect_of(FTYP + index + box("moof", b"x" * 8) + box("mdat", b"m" * 50)) is None
