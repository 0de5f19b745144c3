"""Real MP4s whose headers are as long as an episode's: encoded once, then hard-linked to as many names as wanted."""

from __future__ import annotations

import itertools
import os
import subprocess
from pathlib import Path

from sandbox.media.videos import FFMPEG

CLIP_S = 10
LONG = 3
FFMPEG_TIMEOUT_S = 300


def make_titles(folder: Path, count: int, video_s: int) -> list[str]:
    """The names of `count` videos in the folder: by turns short and long, index in front and at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    clip = folder.parent / "clip.mp4"
    _run(
        ["-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=24", "-f", "lavfi", "-i", "sine=sample_rate=44100"],
        ["-t", str(CLIP_S), "-c:v", "libx264", "-preset", "ultrafast", "-crf", "40", "-pix_fmt", "yuv420p"],
        ["-c:a", "aac", "-b:a", "48k", str(clip)],
    )
    masters = [
        _looped(clip, folder.parent / f"master-{seconds}-{place}.mp4", seconds, place)
        for seconds in (video_s, LONG * video_s)
        for place in ("front", "end")
    ]
    names = [f"title-{number:04}.mp4" for number in range(count)]
    for number, name in enumerate(names):
        os.link(masters[number % len(masters)], folder / name)
    return names


def _looped(clip: Path, target: Path, seconds: int, index_place: str) -> Path:
    in_front = ["-movflags", "+faststart"] if index_place == "front" else []
    _run(["-stream_loop", "-1", "-i", str(clip), "-t", str(seconds), "-c", "copy"], in_front, [str(target)])
    return target


def _run(*arguments: list[str]) -> None:
    command = [FFMPEG, "-v", "error", "-nostdin", "-y", *itertools.chain(*arguments)]
    subprocess.run(command, check=True, timeout=FFMPEG_TIMEOUT_S)
