"""The pools of Airflow that bound a partner's uploads, and the work on media of all partners."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.annex.model import Annex

MEDIA_POOL = "media"
"""One slot for each batch that is checked, encoded or rendered, over all partners: as many as workers have for it."""


def uploads_pool(annex: Annex) -> str:
    """The pool of the partner's uploads: one slot for each batch that is sent to it."""
    return f"uploads__{annex.partner}"


def upload_slots(annexes: Iterable[Annex]) -> dict[str, int]:
    """The slots of each pool for uploads; a partner that only pulls has none."""
    return {
        uploads_pool(annex): annex.uploads_at_once
        for annex in annexes
        if annex.api is not None or annex.ftp is not None
    }
