"""Jobs for the encoder, and programs in ffmpeg's place."""

from __future__ import annotations

import random
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edye_delivery.annex.reencode import Reencode
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.encode import EncodeJob, encode
from tests.builders import the_annex

CLOCK = Clock(now=lambda: datetime.now(UTC), sleep=lambda s: None, random=random.random)


def profile(**changes: Any) -> Reencode:
    made = the_annex(reencode={"preset": "ultrafast"} | changes).reencode
    assert made is not None
    return made


def job_of(source: Path, target: Path, **changes: Any) -> EncodeJob:
    whole = {"picture": 0, "duration_s": 1.0, "sound_duration_s": 0.0, "max_duration_s": 7200, "max_size_bytes": 10**8}
    return EncodeJob(name="EDYE_X_ES", source=source, target=target, **whole | changes)


def stand_in(folder: Path, *lines: str) -> Path:
    """A program in ffmpeg's place; it encodes test pictures, whatever it does to files."""
    path = folder / "ffmpeg"
    path.write_text("\n".join(["#!/bin/sh", 'case "$*" in *testsrc*) exit 0;; esac', *lines]) + "\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def encoded_by(folder: Path, *lines: str, clock: Clock = CLOCK, **job: Any) -> None:
    source = folder / "source.media"
    source.write_bytes(b"x")
    encode(
        job_of(source, folder / "result.mp4", **job), profile(time_limit_s=1), clock, program=stand_in(folder, *lines)
    )
