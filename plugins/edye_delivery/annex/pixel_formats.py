"""The annex's part on the pixel formats of films."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edye_delivery.annex.part import Part
from edye_delivery.annex.reencode import WordOfFfmpeg
from edye_delivery.catalog.vocabulary import Severity

Interlaced = Literal["allow", "warn", "block"]


class PixelFormats(Part):
    """Which pixel formats a film may have (bits per colour, colour sampling), and what happens to another one."""

    allowed: tuple[WordOfFfmpeg, ...] = Field(
        (),
        description="ffmpeg's names of the pixel formats that players decode; an empty list allows all",
    )
    otherwise: Severity = Field(
        Severity.WARN, description="whether a film of another pixel format gets a warning (warn) or is refused (block)"
    )
