"""The probe measures real files by few ranged calls, and what goes wrong is told as a failure."""

from __future__ import annotations

import json
import os
import select
import stat
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image as Pillow

from benchmarks.local_media import LocalMedia
from edye_delivery.catalog.facts import ProbeFailure, VideoFacts
from edye_delivery.clients import probe
from edye_delivery.clients.ffprobe import DEMUXERS, Bounds, ask_ffprobe
from edye_delivery.clients.media import MediaFile
from edye_delivery.clients.probe import probe_video
from edye_delivery.errors import (
    AddressRefused,
    ConfigurationInvalid,
    HostNotAllowed,
    MediaChanged,
    MediaRefused,
    MediaUnavailable,
    Transient,
    UrlRefused,
)
from tests.unit.clients.conftest import ADDRESS
from tests.unit.qc.clips import FRAGMENTED, HEVC, Clips

WHOLE = ("mp4", "h264", 1280, 720, 2.0, True)


class CountingMedia(LocalMedia):
    """A folder of media files that remembers which bytes it was asked for."""

    def __init__(self, folder: Path, head: bool = True) -> None:
        super().__init__(folder)
        self.calls: list[tuple[int, int]] = []
        self._head = head

    def describe(self, url: str) -> MediaFile:
        described = super().describe(url)
        return described if self._head else MediaFile(url, described.size_bytes, '"tag"', "video/mp4")

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        if offset + length > len(media.head):
            self.calls.append((offset, length))
        return super().read(media, offset, length)


class FailingMedia(LocalMedia):
    """A media host that raises on describe or, where `later` is set, on the first read."""

    def __init__(self, folder: Path, error: Exception, later: bool) -> None:
        super().__init__(folder)
        self._error, self._later = error, later

    def describe(self, url: str) -> MediaFile:
        if self._later:
            return MediaFile(url, 5000, "", "")
        raise self._error

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        raise self._error


def figures(facts: VideoFacts) -> tuple[str, str, int, int, float, bool]:
    """The measured figures, the duration to a tenth of a second."""
    duration_s = round(facts.duration_s, 1)
    return facts.container, facts.codec, facts.width_px, facts.height_px, duration_s, facts.has_audio


def good(clips: Clips, name: str = "good.mp4") -> Path:
    return clips.clip(name, duration_s=2)


def script(folder: Path, *lines: str) -> Path:
    """A program that stands in for ffprobe."""
    path = folder / "ffprobe"
    path.write_text("\n".join(["#!/bin/sh", *lines]) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def with_script(clips: Clips, folder: Path, *lines: str, wall_s: float = 10) -> VideoFacts:
    """What the probe makes of a good file when ffprobe is another program."""
    stand_in = script(folder, *lines)
    return probe_video(
        LocalMedia(clips.folder), ADDRESS + good(clips).name, folder, bounds=Bounds(wall_s=wall_s), ffprobe=stand_in
    )


def test_a_file_with_its_index_first_is_measured(clips, measure):
    facts = measure(good(clips))

    assert figures(facts) == WHOLE
    assert (facts.failure, facts.size_bytes) == (None, good(clips).stat().st_size)


def test_a_file_with_its_index_last_is_measured(clips, measure):
    assert figures(measure(clips.remuxed("last.mp4", good(clips)))) == WHOLE


def test_a_fragmented_file_is_measured_over_all_its_fragments(clips, measure):
    facts = measure(clips.clip("fragmented.mp4", duration_s=2, options=(*FRAGMENTED, "-g", "6")))

    assert figures(facts)[:4] == WHOLE[:4]
    assert facts.duration_s == pytest.approx(2.0, abs=0.1)
    assert facts.failure is None


def test_a_fragmented_file_that_is_too_large_to_look_through_is_refused(clips, measure, monkeypatch):
    monkeypatch.setattr(probe, "WHOLE_MAX_BYTES", 1000)
    facts = measure(clips.clip("fragmented.mp4", duration_s=2, options=(*FRAGMENTED, "-g", "6")))

    assert facts.failure is ProbeFailure.UNREADABLE
    assert "fragmented MP4" in facts.detail


def test_a_quicktime_file_is_told_from_an_mp4(clips, measure):
    assert measure(clips.remuxed("quicktime.mov", good(clips))).container == "mov"


def test_a_renamed_matroska_file_is_told_from_an_mp4(clips, measure):
    facts = measure(clips.remuxed("good.mkv", good(clips)).rename(clips.folder / "renamed.mp4"))

    assert figures(facts)[:4] == ("matroska", *WHOLE[1:4])
    assert facts.duration_s == pytest.approx(2.0, abs=0.1)


def test_a_transport_stream_has_no_duration_that_its_header_would_tell(clips, measure):
    facts = measure(clips.remuxed("stream.ts", good(clips)))

    assert (facts.container, facts.codec, facts.duration_s, facts.failure) == ("mpegts", "h264", 0.0, None)


def test_hevc_is_named(clips, measure):
    assert measure(clips.clip("hevc.mp4", codec=HEVC)).codec == "hevc"


def test_a_silent_file_has_no_audio(clips, measure):
    assert measure(clips.clip("silent.mp4", sound=False)).has_audio is False


def test_a_turned_picture_keeps_its_short_edge(clips, measure):
    facts = measure(clips.made("turned.mp4", "-display_rotation", "90", "-i", str(good(clips)), "-c", "copy"))

    assert min(facts.width_px, facts.height_px) == 720


def test_cover_art_is_not_the_video(clips, measure):
    cover = clips.folder / "cover.jpg"
    Pillow.new("RGB", (300, 300), "gold").save(cover)
    covered = clips.made(
        "covered.mp4", "-i", str(cover), "-i", str(good(clips)), "-map", "0", "-map", "1", "-c", "copy",
        "-disposition:v:0", "attached_pic",
    )  # fmt: skip

    assert figures(measure(covered)) == WHOLE


def test_the_size_in_the_video_itself_counts_not_the_one_that_the_container_claims(clips, measure):
    content = bytearray(good(clips).read_bytes())
    entry = content.index(b"avc1", content.index(b"stsd"))
    content[entry + 28 : entry + 32] = (640).to_bytes(2, "big") + (360).to_bytes(2, "big")

    assert figures(measure(clips.written("claims.mp4", bytes(content)))) == WHOLE


@pytest.mark.parametrize("index", ["first", "last", "in fragments"])
def test_a_file_that_is_cut_short_is_truncated(clips, measure, index):
    fragmented = ("fragmented.mp4", (*FRAGMENTED, "-g", "6"))
    origin = {
        "first": lambda: good(clips),
        "last": lambda: clips.remuxed("last.mp4", good(clips)),
        "in fragments": lambda: clips.clip(fragmented[0], duration_s=2, options=fragmented[1]),
    }[index]()
    facts = measure(clips.cut(f"cut-{origin.name}", origin))

    assert facts.failure is ProbeFailure.TRUNCATED
    assert "are missing" in facts.detail
    assert (facts.codec == "h264") is (index != "last")


def test_an_index_without_media_is_truncated(clips, measure):
    content = good(clips).read_bytes()
    facts = measure(clips.written("no-media.mp4", content[: content.index(b"mdat") - 4]))

    assert facts.failure is ProbeFailure.TRUNCATED
    assert "without media" in facts.detail


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty"),
        (b"<!DOCTYPE html><title>404 Not Found</title>" * 50, "it is not a video"),
        (b"\0\0\0\x10ftypisom\0\0\0\0", "has no index"),
        (b"#EXTM3U\n#EXTINF:10,\nfile:///etc/passwd\n" * 50, "it is not a video"),
        (b"ffconcat version 1.0\nfile /etc/passwd\n" * 50, "it is not a video"),
        (bytes(range(256)) * 40, "it is not a video"),
    ],
    ids=["empty", "error page", "ftyp alone", "playlist", "concat list", "noise"],
)
def test_what_is_no_video_is_unreadable(clips, measure, content, reason):
    facts = measure(clips.written("no-video.mp4", content))

    assert facts.failure is ProbeFailure.UNREADABLE
    assert reason in facts.detail


def test_sound_alone_is_no_video(clips, measure):
    facts = measure(clips.made("sound.mp4", "-f", "lavfi", "-i", "sine=duration=1", "-c:a", "aac"))

    assert facts.failure is ProbeFailure.UNREADABLE
    assert facts.detail == "it is not a video: a mp4 file without a video stream"


def test_an_index_that_is_too_large_is_not_fetched(clips, tmp_path, monkeypatch):
    monkeypatch.setattr(probe, "INDEX_MAX_BYTES", 100)
    facts = probe_video(LocalMedia(clips.folder), ADDRESS + good(clips).name, tmp_path)

    assert facts.failure is ProbeFailure.UNREADABLE
    assert "at most 100 are read" in facts.detail


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (UrlRefused("it is no http(s) address"), ProbeFailure.URL_REFUSED),
        (HostNotAllowed("the host is not on the allow-list"), ProbeFailure.HOST_NOT_ALLOWED),
        (AddressRefused("the media host answered 403"), ProbeFailure.REFUSED),
        (MediaRefused("the media host packs it"), ProbeFailure.UNAVAILABLE),
        (MediaUnavailable("the media host answered 404"), ProbeFailure.NOT_FOUND),
        (Transient("the media host answered 503"), ProbeFailure.UNAVAILABLE),
        (MediaChanged("the file changed"), ProbeFailure.UNAVAILABLE),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
@pytest.mark.parametrize("later", [False, True], ids=["when described", "when read"])
def test_what_the_media_host_says_becomes_the_failure(tmp_path, error, failure, later):
    facts = probe_video(FailingMedia(tmp_path, error, later), f"{ADDRESS}video.mp4", tmp_path)

    assert (facts.failure, facts.detail) == (failure, str(error))
    assert facts.url == f"{ADDRESS}video.mp4"


def test_an_error_that_says_nothing_of_the_file_is_not_hidden(tmp_path):
    reader = FailingMedia(tmp_path, ConfigurationInvalid("no such connection"), later=False)

    with pytest.raises(ConfigurationInvalid):
        probe_video(reader, f"{ADDRESS}video.mp4", tmp_path)


def test_a_small_file_with_its_index_first_needs_no_call_beyond_its_description(clips, tmp_path):
    reader = CountingMedia(clips.folder)
    probe_video(reader, ADDRESS + good(clips).name, tmp_path)

    assert reader.calls == []


def test_an_index_at_the_end_costs_one_call_more(clips, tmp_path):
    long = clips.clip("larger.mp4", duration_s=8, rate="24", options=())
    reader = CountingMedia(clips.folder)
    facts = probe_video(reader, ADDRESS + long.name, tmp_path)

    assert facts.failure is None
    assert len(reader.calls) == 1
    assert sum(length for _, length in reader.calls) < long.stat().st_size / 4


def test_a_reader_without_first_bytes_serves_too(clips, tmp_path):
    reader = CountingMedia(clips.folder, head=False)
    facts = probe_video(reader, ADDRESS + good(clips).name, tmp_path)

    assert (figures(facts), facts.etag) == (WHOLE, '"tag"')
    assert len(reader.calls) == 1


def test_nothing_is_left_in_the_scratch_folder(clips, measure, tmp_path):
    measure(good(clips))
    measure(clips.cut("cut.mp4", good(clips)))

    assert list(tmp_path.iterdir()) == []


def test_a_scratch_folder_that_is_gone_is_no_word_on_the_file(clips, tmp_path):
    facts = probe_video(LocalMedia(clips.folder), ADDRESS + good(clips).name, tmp_path / "gone")

    assert facts.failure is ProbeFailure.UNAVAILABLE
    assert "scratch folder" in facts.detail


def test_many_threads_measure_at_once(clips, measure):
    path = good(clips)

    with ThreadPoolExecutor(8) as pool:
        assert {figures(facts) for facts in pool.map(measure, [path] * 24)} == {WHOLE}


def test_a_hanging_ffprobe_is_stopped_with_all_its_children(clips, tmp_path):
    facts = with_script(clips, tmp_path, "sleep 300 &", f"echo $! > {tmp_path}/child", "wait", wall_s=0.5)
    child = int((tmp_path / "child").read_text())

    assert (facts.failure, facts.detail) == (
        ProbeFailure.UNAVAILABLE, "ffprobe did not end within 0.5 s and was stopped",
    )  # fmt: skip
    with suppress(ProcessLookupError):
        ended = select.poll()
        ended.register(os.pidfd_open(child), select.POLLIN)
        assert ended.poll(5000)


@pytest.mark.parametrize(
    ("line", "how"),
    [("kill -SEGV $$", "by signal 11"), ("exit 3", "with exit code 3"), ("echo '[]'", "with exit code 0")],
    ids=["crash", "exit code", "nonsense"],
)
def test_a_crashing_ffprobe_is_no_word_on_the_file(clips, tmp_path, line, how):
    facts = with_script(clips, tmp_path, line)

    assert (facts.failure, facts.detail) == (ProbeFailure.UNAVAILABLE, f"ffprobe ended {how} and without an answer")


@pytest.mark.parametrize("duration", ["nan", "inf", "-inf", "9" * 400], ids=["nan", "inf", "-inf", "400 digits"])
def test_a_duration_that_is_no_number_of_seconds_is_none(tmp_path, duration):
    ffprobe = tmp_path / "ffprobe"
    said = json.dumps({"format": {"format_name": "mov,mp4", "duration": duration}, "streams": []})
    ffprobe.write_text(f"#!/bin/sh\necho '{said}'\n")
    ffprobe.chmod(0o755)
    assert ask_ffprobe(tmp_path, Bounds(), ffprobe).duration_s == 0.0


def test_an_ffprobe_that_says_too_much_is_stopped(clips, tmp_path):
    facts = with_script(clips, tmp_path, "yes", wall_s=0.5)

    assert facts.failure is ProbeFailure.UNAVAILABLE


def test_a_child_that_keeps_the_pipe_open_does_not_hold_the_probe(clips, tmp_path):
    facts = with_script(clips, tmp_path, "sleep 300 &", "exit 0")

    assert facts.detail == "ffprobe ended with exit code 0 and without an answer"


def test_ffprobe_gets_no_environment_and_may_open_one_local_file_only(clips, tmp_path, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example")
    with_script(clips, tmp_path, f'echo "$@" > {tmp_path}/arguments', f"env > {tmp_path}/environment")
    arguments = (tmp_path / "arguments").read_text()

    assert "-protocol_whitelist file -format_whitelist" in arguments
    assert f"file:{tmp_path}/probe-" in arguments
    assert "proxy" not in (tmp_path / "environment").read_text()
    assert not {"hls", "concat", "dash", "image2"} & set(DEMUXERS.split(","))


def test_ffprobe_has_a_memory_limit(clips, tmp_path):
    facts = with_script(clips, tmp_path, 'while [ "$(ulimit -v)" = unlimited ]; do :; done', "exit 7")

    assert facts.detail == "ffprobe ended with exit code 7 and without an answer"


def test_an_ffprobe_that_is_not_there_is_told_to_whoever_installs_it(clips, tmp_path):
    with pytest.raises(ConfigurationInvalid, match="cannot be started"):
        probe_video(LocalMedia(clips.folder), ADDRESS + good(clips).name, tmp_path, ffprobe=tmp_path / "nothing")
