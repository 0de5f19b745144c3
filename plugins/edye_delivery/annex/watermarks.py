"""The watermarks that an annex names: PNG files beside the annexes' folder."""

from __future__ import annotations

from pathlib import Path

from edye_delivery.annex.load import DEFAULT_FOLDER
from edye_delivery.annex.model import Annex
from edye_delivery.errors import ConfigurationInvalid

WATERMARKS = DEFAULT_FOLDER.parent / "watermarks"
PNG_HEAD = b"\x89PNG\r\n\x1a\n"


def read_watermarks(annex: Annex, folder: Path = WATERMARKS) -> dict[str, bytes]:
    """The file of every watermark of the annex's thumbnails; ConfigurationInvalid where one is missing or no PNG."""
    found = {}
    for name in {spec.watermark for spec in annex.thumbnails if spec.watermark is not None}:
        path = folder / f"{name}.png"
        if not path.is_file() or not (content := path.read_bytes()).startswith(PNG_HEAD):
            raise ConfigurationInvalid(
                f"the annex {annex.partner} names the watermark {name}, but include/watermarks/{path.name} is missing "
                "or is no PNG"
            )
        found[name] = content
    return found
