"""The sparse copy that the probe works on: right bytes at the right places, in few calls; and its bounds."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.local_media import LocalMedia
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.clients import probe
from edye_delivery.clients.media import MediaFile
from edye_delivery.clients.mp4 import layout_of
from edye_delivery.clients.probe import AHEAD_BYTES, BLOCK_BYTES, SparseCopy, probe_video
from edye_delivery.errors import Transient
from tests.unit.clients.conftest import ADDRESS
from tests.unit.qc.clips import FRAGMENTED

CONTENT = random.Random(7).randbytes(6 * 1024 * 1024)
HEAD = 64 * 1024


class Remembering:
    """A media host with one file that remembers which ranges it was asked for."""

    def __init__(self, content: bytes, stingy: bool = False) -> None:
        self.content, self._stingy = content, stingy
        self.ranges: list[tuple[int, int]] = []

    def describe(self, url: str) -> MediaFile:
        return MediaFile(url, len(self.content), "", "", self.content[:HEAD])

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        self.ranges.append((offset, offset + length))
        return b"" if self._stingy and offset else self.content[offset : offset + length]


@pytest.fixture
def reader() -> Remembering:
    return Remembering(CONTENT)


@pytest.fixture
def copy(reader: Remembering, tmp_path: Path) -> Iterator[SparseCopy]:
    with (tmp_path / "copy").open("w+b") as file:
        yield SparseCopy(reader, reader.describe(ADDRESS), tmp_path / "copy", file.fileno())


def test_the_copy_has_the_files_size_and_takes_no_room_for_what_was_not_fetched(copy):
    stat = copy.path.stat()

    assert stat.st_size == len(CONTENT)
    assert stat.st_blocks * 512 < len(CONTENT) / 4


@pytest.mark.parametrize("seed", range(5))
def test_any_bytes_are_right_in_whatever_order_they_are_asked_for(copy, seed):
    places = random.Random(seed)

    for _ in range(20):
        offset, length = places.randrange(len(CONTENT) + 100), places.randrange(1, 400_000)
        assert copy.read_at(offset, length) == CONTENT[offset : offset + length]


def test_bytes_between_two_fetched_parts_are_fetched(copy):
    copy.fetch(4_000_000, 1000)

    assert copy.read_at(HEAD, 16) == CONTENT[HEAD : HEAD + 16]
    assert copy.read_at(3_999_990, 20) == CONTENT[3_999_990:4_000_010]


def test_what_was_fetched_is_not_fetched_again(copy, reader):
    copy.read_at(0, HEAD)
    copy.fetch(10, 100)

    assert reader.ranges == [(0, HEAD)]


def test_a_place_that_is_near_is_reached_in_the_same_call_as_the_gap_before_it(copy, reader):
    near = HEAD + AHEAD_BYTES
    copy.read_at(near, 16)

    assert reader.ranges[1:] == [(HEAD, near + 16 + BLOCK_BYTES)]


def test_a_place_that_is_far_is_reached_without_the_gap_before_it(copy, reader):
    far = HEAD + AHEAD_BYTES + 1
    copy.read_at(far, 16)

    assert reader.ranges[1:] == [(far, far + 16 + BLOCK_BYTES)]


def test_a_call_asks_for_a_bounded_number_of_bytes(copy, reader, monkeypatch):
    monkeypatch.setattr(probe, "CALL_BYTES", 1_000_000)
    copy.fetch(0, len(CONTENT))

    assert max(end - start for start, end in reader.ranges) == 1_000_000
    assert copy.path.read_bytes() == CONTENT


def test_a_host_that_sends_nothing_ends_the_probe(tmp_path):
    reader = Remembering(CONTENT, stingy=True)

    with (tmp_path / "copy").open("w+b") as file:
        copy = SparseCopy(reader, reader.describe(ADDRESS), tmp_path / "copy", file.fileno())
        with pytest.raises(Transient, match=f"sent nothing at byte {HEAD} of {len(CONTENT)}"):
            copy.read_at(HEAD, 1)


def test_an_index_of_the_most_bytes_is_read_and_one_byte_more_is_not(clips, tmp_path, monkeypatch):
    path = clips.clip("good.mp4")
    content = path.read_bytes()
    index = layout_of(lambda offset, length: content[offset : offset + length], len(content)).index
    found = []
    for most in (index.size_bytes, index.size_bytes - 1):
        monkeypatch.setattr(probe, "INDEX_MAX_BYTES", most)
        found.append(probe_video(LocalMedia(clips.folder), ADDRESS + path.name, tmp_path).failure)

    assert found == [None, ProbeFailure.UNREADABLE]


def test_a_fragmented_file_of_the_most_bytes_is_looked_through_and_one_byte_more_is_not(clips, tmp_path, monkeypatch):
    path = clips.clip("fragmented.mp4", options=(*FRAGMENTED, "-g", "6"))
    found = []
    for most in (path.stat().st_size, path.stat().st_size - 1):
        monkeypatch.setattr(probe, "WHOLE_MAX_BYTES", most)
        found.append(probe_video(LocalMedia(clips.folder), ADDRESS + path.name, tmp_path).failure)

    assert found == [None, ProbeFailure.UNREADABLE]


def test_the_number_of_missing_bytes_is_told(clips, tmp_path):
    whole = clips.clip("good.mp4").read_bytes()
    path = clips.written("short.mp4", whole[:-1234])
    facts = probe_video(LocalMedia(clips.folder), ADDRESS + path.name, tmp_path)

    assert facts.detail == (
        f"its mdat box reaches to byte {len(whole)}, the file ends at {len(whole) - 1234}: 1234 are missing"
    )


@pytest.mark.parametrize(("cut_bytes", "failure"), [(0, ProbeFailure.UNREADABLE), (100, ProbeFailure.TRUNCATED)])
def test_an_mp4_that_does_not_tell_its_length_is_not_taken_for_a_short_one(clips, tmp_path, cut_bytes, failure):
    stand_in = tmp_path / "ffprobe"
    said = '{"streams": [{"codec_type": "video", "codec_name": "h264"}], "format": {"format_name": "mov,mp4"}}'
    stand_in.write_text(f"#!/bin/sh\necho '{said}'\n")
    stand_in.chmod(0o755)
    whole = clips.clip("good.mp4").read_bytes()
    path = clips.written("lengthless.mp4", whole[: len(whole) - cut_bytes])
    facts = probe_video(LocalMedia(clips.folder), ADDRESS + path.name, tmp_path, ffprobe=stand_in)

    assert (facts.failure, facts.codec, facts.duration_s) == (failure, "h264", 0.0)
