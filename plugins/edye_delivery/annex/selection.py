"""Which titles of the EDYE catalogue are a partner's (annex: catalogue)."""

from __future__ import annotations

from collections.abc import Sequence

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.title import Title


def exclusion_reason(annex: Annex, title: Title) -> str | None:
    """Why the title is not this partner's: `invisible`, `tag` or `geo`; None where it is."""
    is_visible = title.visible and (title.series is None or title.series.visible)
    return exclusion_reason_by(annex, is_visible=is_visible, tags=title.tags, geo=title.geo)


def exclusion_reason_by(annex: Annex, *, is_visible: bool, tags: Sequence[str], geo: Sequence[str]) -> str | None:
    """As `exclusion_reason`, of a title of which only this is known; `is_visible` says it of its series too."""
    terms = annex.catalogue
    if terms.visible_only and not is_visible:
        return "invisible"
    if terms.tags and not set(terms.tags) & set(tags):
        return "tag"
    if terms.geo and geo and not {country.lower() for country in terms.geo} & {country.lower() for country in geo}:
        return "geo"
    return None
