"""One asset of a Search feed: the checks for its type; its values already have the schema's types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edye_delivery.feeds.lint.search.content import check_content, check_has_content
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.durations import check_durations
from edye_delivery.feeds.lint.search.genres_and_credits import GENRES_MISSING, check_tags_and_credits
from edye_delivery.feeds.lint.search.identity import check_external_ids, check_external_only, check_identity
from edye_delivery.feeds.lint.search.images import check_images
from edye_delivery.feeds.lint.search.numbering import check_numbering
from edye_delivery.feeds.lint.search.ratings import RATINGS_MISSING, check_ratings
from edye_delivery.feeds.lint.search.release import RELEASE_MISSING, check_release
from edye_delivery.feeds.lint.search.stations import check_station
from edye_delivery.feeds.lint.search.texts import SHORT_DESCRIPTIONS_MISSING, TITLES_MISSING, check_texts
from edye_delivery.feeds.roku.item import LIVE_TYPE, PLAYABLE, TITLE_TYPES
from edye_delivery.feeds.roku.schemas import SPELLINGS
from edye_delivery.feeds.rule import Hit

REQUIRED = (
    ("titles", TITLES_MISSING),
    ("shortDescriptions", SHORT_DESCRIPTIONS_MISSING),
    ("genres", GENRES_MISSING),
    ("advisoryRatings", RATINGS_MISSING),
)
Check = Callable[[dict[str, Any], str, SearchContext, list[Hit]], None]


def check_asset(asset: dict[str, Any], context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the asset that goes beyond the schema."""
    spelling = asset.get("type", "")
    kind = SPELLINGS.get(spelling, spelling)
    for check in CHECKS.get(kind, ANY_TYPE):
        check(asset, kind, context, hits)


def needs_titles(asset: dict[str, Any]) -> bool:
    """Whether assets of this type need titles, in every spelling of the type."""
    spelling = asset.get("type")
    return isinstance(spelling, str) and SPELLINGS.get(spelling, spelling) in TITLE_TYPES


def _check_required(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    for key, rule in REQUIRED:
        if not asset.get(key):
            hits.append(rule.at("", f"{key} {'is empty' if key in asset else 'is missing'}", key))
    if "releaseDate" not in asset and "releaseYear" not in asset:
        hits.append(RELEASE_MISSING.at("", "releaseDate and releaseYear are missing", "releaseDate"))


ANY_TYPE: tuple[Check, ...] = (
    check_identity, check_texts, check_images, check_release, check_tags_and_credits, check_ratings,
    check_external_ids, check_content, check_numbering,
)  # fmt: skip
"""Without a known type nothing is required: only the type says what is."""
CHECKS: dict[str, tuple[Check, ...]] = {
    **dict.fromkeys(TITLE_TYPES, (*ANY_TYPE, _check_required)),
    **dict.fromkeys(PLAYABLE, (*ANY_TYPE, _check_required, check_has_content, check_durations)),
    "externalIdOnly": (check_identity, check_external_only, check_content),
    LIVE_TYPE: (check_identity, check_station, check_content),
}
