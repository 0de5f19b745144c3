"""ffmpeg re-encodes real files, within bounds of time, size and length, and nothing of it is left behind."""

from __future__ import annotations

import logging
import os
import random
import re
import select
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from benchmarks.local_media import LocalMedia
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.encode import command_of, encode
from edye_delivery.clients.probe import probe_video
from edye_delivery.errors import ConfigurationInvalid, EncodeFailed, Transient
from tests.unit.clients.encodes import CLOCK, encoded_by, job_of, profile
from tests.unit.qc.clips import FFMPEG, H264, HEVC, Clips

MPEG4 = ("-c:v", "mpeg4", "-q:v", "5")


def figures(path: Path, scratch: Path) -> tuple[Any, ...]:
    facts = probe_video(LocalMedia(path.parent), f"https://media.example/{path.name}", scratch)
    assert facts.failure is None, facts.detail
    assert (facts.pixel_format, facts.field_order) == ("yuv420p", "progressive")
    shape = facts.container, facts.codec, facts.width_px, facts.height_px
    return *shape, facts.duration_s, facts.has_audio


SOURCES: dict[str, Callable[[Clips], Path]] = {
    "HEVC in MP4": lambda clips: clips.clip("hevc.mp4", codec=HEVC),
    "MPEG-4 in MP4": lambda clips: clips.clip("mpeg4.mp4", codec=MPEG4),
    "H.264 in Matroska": lambda clips: clips.clip("h264.mkv", options=()),
    "H.264 in QuickTime": lambda clips: clips.clip("h264.mov"),
    "MPEG-4 in AVI": lambda clips: clips.clip("mpeg4.avi", codec=MPEG4, options=()),
    "H.264 in a transport stream": lambda clips: clips.clip("h264.ts", options=()),
    "ten bits a colour": lambda clips: clips.clip("ten.mp4", codec=(*H264[:-1], "yuv420p10le")),
    "4:2:2": lambda clips: clips.clip("422.mp4", codec=(*H264[:-1], "yuv422p")),
}


@pytest.mark.parametrize("name", SOURCES)
def test_what_the_partner_does_not_take_becomes_h264_in_mp4(clips, tmp_path, name):
    encode(job_of(SOURCES[name](clips), tmp_path / "result.part"), profile(), CLOCK)
    *shape, duration_s, has_audio = figures((tmp_path / "result.part").rename(tmp_path / "result.mp4"), tmp_path)
    assert (*shape, has_audio) == ("mp4", "h264", 1280, 720, True)
    assert duration_s == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("picture", [0, 1])
def test_the_picture_that_is_asked_for_is_encoded_and_no_other(clips, tmp_path, picture):
    small = clips.clip("small.mp4", size="320x180", sound=False)
    source = clips.made(
        "two.mkv", "-i", str(small), "-i", str(clips.clip("large.mp4", size="640x360")), "-map", "0", "-map", "1",
        "-c", "copy",
    )  # fmt: skip
    encode(job_of(source, tmp_path / "result.mp4", picture=picture), profile(), CLOCK)
    assert figures(tmp_path / "result.mp4", tmp_path)[2:4] == ((320, 180), (640, 360))[picture]


def combs(path: Path) -> int:
    """How many pictures show two moments in their odd and even lines, as ffmpeg's idet counts."""
    words = subprocess.run(
        [FFMPEG, "-nostdin", "-i", path, "-vf", "idet", "-f", "null", "-"], capture_output=True, text=True, check=True
    ).stderr
    top, bottom = re.findall(r"Single frame detection: TFF:\s*(\d+) BFF:\s*(\d+)", words)[-1]
    return int(top) + int(bottom)


@pytest.mark.parametrize("deinterlace", [True, False])
def test_interlaced_pictures_become_whole_ones_where_the_profile_says_so(clips, tmp_path, deinterlace):
    interlaced = (*H264, "-vf", "interlace", "-flags", "+ildct+ilme")
    source = clips.clip("interlaced.mp4", size="320x180", rate="50", codec=interlaced)
    encode(job_of(source, tmp_path / "result.mp4"), profile(deinterlace=deinterlace), CLOCK)
    assert combs(source) == 25
    assert (combs(tmp_path / "result.mp4") < 5) is deinterlace


def test_the_result_begins_with_its_index_and_carries_nothing_that_the_source_says_of_itself(clips, tmp_path):
    source = clips.clip("told.mkv", options=("-metadata", "title=from somebody else"))
    encode(job_of(source, tmp_path / "result.part"), profile(), CLOCK)
    content = (tmp_path / "result.part").read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert b"somebody else" in source.read_bytes()
    assert b"somebody else" not in content


def test_a_picture_with_odd_edges_loses_a_line_and_is_not_scaled(clips, tmp_path):
    source = clips.clip("odd.mkv", size="1281x721", codec=(*H264[:-1], "yuv444p"), options=())
    encode(job_of(source, tmp_path / "result.mp4"), profile(), CLOCK)
    assert figures(tmp_path / "result.mp4", tmp_path)[2:4] == (1280, 720)


def test_ffmpeg_may_read_local_files_only_and_opens_no_playlist(clips, tmp_path):
    command = command_of(job_of(tmp_path / "a", tmp_path / "b"), profile())
    assert command[command.index("-protocol_whitelist") + 1] == "file"
    assert "-nostdin" in command
    secret = clips.clip("good.mp4")
    for name, text in (
        ("list.m3u8", f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile:{secret}\n#EXT-X-ENDLIST\n"),
        ("list.txt", f"ffconcat version 1.0\nfile {secret}\n"),
    ):
        with pytest.raises(EncodeFailed, match="refuses"):
            encode(job_of(clips.written(name, text.encode()), tmp_path / "result.mp4"), profile(), CLOCK)


@pytest.mark.parametrize(
    "content", [b"", b"<html>not here</html>", b"\x00\x00\x00\x18ftypmp42" + bytes(range(256)) * 40], ids=len
)
def test_a_file_that_is_no_video_is_refused_with_ffmpeg_s_words_and_without_our_folders(clips, tmp_path, content):
    source = tmp_path / "source.media"
    source.write_bytes(content)
    with pytest.raises(EncodeFailed, match=r"refuses to re-encode it \(exit code \d+\): .*\w") as told:
        encode(job_of(source, tmp_path / "result.mp4"), profile(), CLOCK)
    assert str(tmp_path) not in str(told.value)
    assert "0x" not in str(told.value)


def test_a_defect_in_the_middle_is_refused_and_not_encoded_over(clips, tmp_path):
    content = bytearray(clips.clip("long.mkv", duration_s=4, options=(), sound=False).read_bytes())
    middle = len(content) // 2
    content[middle : middle + 20_000] = random.Random(1).randbytes(20_000)  # one of a hundred such defects is passed by
    source = tmp_path / "broken.mkv"
    source.write_bytes(content)
    with pytest.raises(EncodeFailed, match="refuses"):
        encode(job_of(source, tmp_path / "result.mp4"), profile(), CLOCK)


def test_a_result_that_grows_too_large_ends_the_encode(clips, tmp_path):
    job = job_of(clips.clip("h264.mkv", options=()), tmp_path / "result.mp4", max_size_bytes=20_000)
    with pytest.raises(EncodeFailed, match="larger than 20000 bytes"):
        encode(job, profile(), CLOCK)
    assert job.target.stat().st_size <= 20_000


def has_gone(process_id: int) -> bool:
    """Whether the process ends within seconds: who is killed as an orphan is not waited for by us."""
    try:
        descriptor = os.pidfd_open(process_id)
    except ProcessLookupError:
        return True
    ended = select.poll()
    ended.register(descriptor, select.POLLIN)
    return bool(ended.poll(5000))


def test_an_encode_over_its_time_is_killed_with_all_that_it_started(tmp_path):
    lines = ("sleep 300 &", f"echo $! > {tmp_path}/child", f"echo $$ > {tmp_path}/parent", "wait")
    with pytest.raises(EncodeFailed, match=r"did not end within 1 s and was stopped .* reencode\.time_limit_s"):
        encoded_by(tmp_path, *lines)
    assert has_gone(int((tmp_path / "parent").read_text()))
    assert has_gone(int((tmp_path / "child").read_text()))


def test_an_encode_at_the_end_of_its_batch_is_killed_and_tells_nothing_of_the_file(tmp_path):
    lines = (f"echo $$ > {tmp_path}/parent", "exec sleep 300")
    ends_at = datetime.now(UTC) + timedelta(seconds=0.2)
    with pytest.raises(Transient, match="the time of its batch was over while ffmpeg worked on it"):
        encoded_by(tmp_path, *lines, ends_at=ends_at)
    assert has_gone(int((tmp_path / "parent").read_text()))


def test_an_encode_whose_own_time_ends_before_its_batch_s_is_held_against_the_file(tmp_path):
    with pytest.raises(EncodeFailed, match="did not end within 1 s"):
        encoded_by(tmp_path, "exec sleep 300", ends_at=datetime.now(UTC) + timedelta(seconds=60))


def test_whatever_interrupts_us_ends_ffmpeg(tmp_path):
    class Interrupted(BaseException):
        pass

    calls = iter(range(100))

    def now() -> datetime:
        if next(calls) > 1 and (tmp_path / "parent").exists():
            raise Interrupted
        return datetime.now(UTC)

    with pytest.raises(Interrupted):
        encoded_by(
            tmp_path, f"echo $$ > {tmp_path}/parent", "exec sleep 300", clock=Clock(now, CLOCK.sleep, CLOCK.random)
        )
    assert has_gone(int((tmp_path / "parent").read_text()))


def test_a_program_that_ends_and_leaves_another_with_its_pipes_is_not_waited_for(tmp_path):
    encoded_by(tmp_path, "sleep 300 &", f"echo $! > {tmp_path}/child", "exit 0")
    assert has_gone(int((tmp_path / "child").read_text()))


def test_of_many_words_the_last_are_kept(tmp_path):
    with pytest.raises(EncodeFailed) as told:
        encoded_by(tmp_path, "seq 1 200000 >&2", "echo the last word >&2", "exit 3")
    assert "(exit code 3)" in str(told.value)
    assert str(told.value).endswith("the last word")
    assert len(str(told.value)) < 500


def test_a_video_that_is_longer_than_it_says_is_stopped(tmp_path):
    lines = ("echo out_time_us=7201000000", "echo progress=continue", "sleep 300")
    with pytest.raises(EncodeFailed, match="longer than 7200 s, whatever its header says"):
        encoded_by(tmp_path, *lines)


def test_ffmpeg_that_is_not_there_is_the_installation_s_fault(tmp_path):
    with pytest.raises(ConfigurationInvalid, match="cannot be started"):
        encode(job_of(tmp_path / "a", tmp_path / "b"), profile(), CLOCK, program=tmp_path / "none")


def steps(*percents: int) -> list[str]:
    return [line for one in percents for line in (f"echo out_time_us={one}0000", "echo speed=2.0x", "echo progress=c")]


def test_progress_is_told_every_ten_percent(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    encoded_by(tmp_path, *steps(5, 12, 15, 19, 31, 99), duration_s=1.0)
    told = [record.getMessage() for record in caplog.records]
    assert [line.split(", ")[1] for line in told] == ["12 %", "31 %", "99 %"]
    assert told[0] == "EDYE_X_ES: re-encoding, 12 %, 2.00 times real time, 0 s left"


def test_without_a_duration_progress_is_told_in_seconds_every_half_minute(tmp_path, caplog):
    caplog.set_level(logging.INFO)
    start, calls = datetime(2026, 3, 1, 6, tzinfo=UTC), count()
    clock = Clock(lambda: start + timedelta(seconds=0.001 * next(calls)), CLOCK.sleep, CLOCK.random)
    encoded_by(tmp_path, *steps(*range(1, 50)), duration_s=0.0, clock=clock)
    assert caplog.records == []
    late = Clock(lambda: start + timedelta(seconds=40 * (next(calls) > 100)), CLOCK.sleep, CLOCK.random)
    job = job_of(tmp_path / "source.media", tmp_path / "result.mp4", duration_s=0.0)
    calls = count(99)
    encode(job, profile(), late, program=tmp_path / "ffmpeg")
    assert [record.getMessage() for record in caplog.records] == [
        "EDYE_X_ES: re-encoding, 0 s done, 2.00 times real time"
    ]
