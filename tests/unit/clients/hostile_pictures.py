"""Pictures that are small as files and dear to open."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

from PIL import Image as Pillow

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def chunk(kind: bytes, content: bytes) -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(*more: bytes, side_px: int = 64) -> bytes:
    """A good PNG with these chunks before its pixels."""
    rows = zlib.compress(b"".join(b"\0" + bytes(side_px) for _ in range(side_px)))
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side_px, side_px, 8, 0, 0, 0, 0))
    return PNG_SIGNATURE + header + b"".join(more) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def animated_png(frames: int) -> bytes:
    """An APNG of so many frames."""
    file = BytesIO()
    pictures = [Pillow.new("L", (64, 64), number % 256) for number in range(frames)]
    pictures[0].save(file, "PNG", save_all=True, append_images=pictures[1:])
    return file.getvalue()


def animated_gif(frames: int) -> bytes:
    """A GIF of so many frames, each of other pixels."""
    file = BytesIO()
    pictures = [Pillow.effect_noise((64, 64), 60).convert("P") for _ in range(frames)]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:])
    return file.getvalue()


def text_bomb(texts: int = 200, unpacked_bytes: int = 900_000) -> bytes:
    """A PNG whose texts are far larger unpacked."""
    return png(*[chunk(b"zTXt", b"k%d\0\0" % number + zlib.compress(bytes(unpacked_bytes))) for number in range(texts)])


def profile_bomb(unpacked_bytes: int = 400_000_000) -> bytes:
    """A PNG whose colour profile is far larger unpacked."""
    packer = zlib.compressobj()
    block = bytes(1_000_000)
    packed = b"".join(packer.compress(block) for _ in range(unpacked_bytes // len(block))) + packer.flush()
    return png(chunk(b"iCCP", b"icc\0\0" + packed))


def many_chunks(chunks: int = 1_000_000) -> bytes:
    """A PNG that is nearly all headers of chunks."""
    return png(chunk(b"teSt", b"") * chunks)


def many_scans(more: int, side_px: int = 4000) -> bytes:
    """A progressive JPEG that says its last scan so many times more."""
    file = BytesIO()
    Pillow.new("RGB", (side_px, side_px), (120, 80, 40)).save(file, "JPEG", progressive=True, quality=75)
    content = file.getvalue()
    last = content.rindex(b"\xff\xda")
    return content[:-2] + content[last:-2] * more + content[-2:]


def largest(pixels: int) -> bytes:
    """A progressive JPEG of so many pixels, nearly."""
    return many_scans(0, int(pixels**0.5))
