"""The annex's part on how the colours of a film are kept."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from edye_delivery.annex.part import Part
from edye_delivery.annex.reencode import WordOfFfmpeg
from edye_delivery.catalog.vocabulary import Severity

Interlaced = Literal["allow", "warn", "block"]


class PixelFormats(Part):
    """Which bits a colour and which colour sampling a film may have, and what one is that has others."""

    allowed: tuple[WordOfFfmpeg, ...] = Field(
        (), description="ffmpeg's names of the pixel formats that the partner's players decode; none allows all"
    )
    otherwise: Severity = Field(
        Severity.WARN, description="whether a film of another pixel format is told (warn) or not delivered (block)"
    )
