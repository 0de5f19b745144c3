"""Colour profiles made for tests (ICC.1), and what their colours are in sRGB, reckoned by the book."""

from __future__ import annotations

import struct
from collections.abc import Callable

Primaries = tuple[tuple[float, float, float], tuple[float, float, float], tuple[float, float, float]]
D50 = (0.9642, 1.0, 0.8249)
ADOBE_RGB: Primaries = ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457))
P3: Primaries = ((0.51512, 0.24120, -0.00105), (0.29198, 0.69225, 0.04189), (0.15710, 0.06657, 0.78407))
PROPHOTO: Primaries = ((0.79767, 0.28804, 0.0), (0.13519, 0.71188, 0.0), (0.03134, 0.00009, 0.82491))
XYZ_TO_SRGB = (
    (3.1338561, -1.6168667, -0.4906146),
    (-0.9787684, 1.9161415, 0.0334540),
    (0.0719453, -0.2289914, 1.4052427),
)
"""From the profiles' XYZ, which has its white at D50, to linear sRGB (Bradford)."""


def rgb_profile(primaries: Primaries, gamma: float) -> bytes:
    """A display's profile of three primaries and one gamma, as Adobe RGB, P3 and ProPhoto are."""
    tags = {name: _xyz(colour) for name, colour in zip((b"rXYZ", b"gXYZ", b"bXYZ"), primaries, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", tags | dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), _curve(gamma)))


def grey_profile(gamma: float) -> bytes:
    """A profile of grey with this gamma."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {b"kTRC": _curve(gamma)})


def cmyk_profile() -> bytes:
    """A printer's profile whose colours are all of one hue: ink only takes lightness away, black the most."""
    table = bytearray()
    for number in range(16):
        inks = [number >> shift & 1 for shift in (3, 2, 1, 0)]
        table += bytes([round(255 * (1 - 0.2 * sum(inks[:3])) * (1 - inks[3])), 128, 128])
    identity = struct.pack(">9i", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    straight = bytes(range(256))
    table_tag = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + straight * 4 + bytes(table) + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {b"A2B0": table_tag})


def srgb_of_rgb(colour: tuple[int, int, int], primaries: Primaries, gamma: float) -> tuple[int, int, int]:
    """What a colour of such a profile is in sRGB, 0 to 255, cut off where sRGB ends."""
    linear = [(value / 255) ** gamma for value in colour]
    xyz = [sum(linear[ink] * primaries[ink][axis] for ink in range(3)) for axis in range(3)]
    red, green, blue = (_encoded(sum(row[axis] * xyz[axis] for axis in range(3))) for row in XYZ_TO_SRGB)
    return red, green, blue


def srgb_of_grey(value: int, gamma: float) -> tuple[int, int, int]:
    """What a grey of such a profile is in sRGB."""
    return (_encoded((value / 255) ** gamma),) * 3


def srgb_of_lightness(lightness: float) -> tuple[int, int, int]:
    """The grey of sRGB with this L* of CIELAB, 0 to 100."""
    part = (lightness + 16) / 116
    return (_encoded(part**3 if part > 6 / 29 else (part - 4 / 29) * 3 * (6 / 29) ** 2),) * 3


def _encoded(linear: float) -> int:
    linear = min(max(linear, 0.0), 1.0)
    encode: Callable[[float], float] = (
        (lambda value: 12.92 * value) if linear <= 0.0031308 else (lambda value: 1.055 * value ** (1 / 2.4) - 0.055)
    )
    return round(255 * encode(linear))


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(value * 65536))


def _xyz(colour: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, colour))


def _curve(gamma: float) -> bytes:
    return b"curv" + bytes(4) + struct.pack(">IHxx", 1, round(gamma * 256))


def _profile(device: bytes, space: bytes, connection: bytes, tags: dict[bytes, bytes]) -> bytes:
    tags = tags | {b"wtpt": _xyz(D50)}
    place, entries, content = 128 + 4 + 12 * len(tags), b"", b""
    for name, tag in tags.items():
        entries += name + struct.pack(">II", place + len(content), len(tag))
        content += tag + bytes(-len(tag) % 4)
    head = (
        struct.pack(">I4xI4s4s4s", place + len(content), 0x02400000, device, space, connection)
        + struct.pack(">6H", 2026, 1, 1, 0, 0, 0)
        + b"acsp"
        + bytes(28)
        + b"".join(map(_fixed, D50))
        + bytes(48)
    )
    return head + struct.pack(">I", len(tags)) + entries + content
