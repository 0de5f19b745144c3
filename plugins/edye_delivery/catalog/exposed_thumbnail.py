"""A thumbnail at its public address, as a partner that pulls reads it (contracts/edye-delivery-api.yaml, Thumbnail)."""

from __future__ import annotations

from edye_delivery.catalog.plan import Record


class ExposedThumbnail(Record):
    """One custom thumbnail: its name in the annex, where it is, and its figures; sizes in pixels."""

    name: str
    url: str
    width: int
    height: int
    type: str
    sha256: str
    watermark: str | None = None
