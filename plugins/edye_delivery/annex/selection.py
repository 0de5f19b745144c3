"""Which titles of the EDYE catalogue are a partner's (annex: catalogue)."""

from __future__ import annotations

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.title import Title


def exclusion_reason(annex: Annex, title: Title) -> str | None:
    """Why the title is not this partner's: `invisible`, `tag` or `geo`; None where it is."""
    terms = annex.catalogue
    if terms.visible_only and not (title.visible and (title.series is None or title.series.visible)):
        return "invisible"
    if terms.tags and not set(terms.tags) & set(title.tags):
        return "tag"
    if terms.geo and title.geo and not {geo.lower() for geo in terms.geo} & {geo.lower() for geo in title.geo}:
        return "geo"
    return None
