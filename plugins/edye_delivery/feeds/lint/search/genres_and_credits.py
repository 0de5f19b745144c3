"""Genres, tags and credits of an asset."""

from __future__ import annotations

from typing import Any

from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.texts import check_plain
from edye_delivery.feeds.roku.limits import TAG_MAX_CHARS
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.roku.vocabularies import CREDIT_ROLES, NEWER_CREDIT_ROLES
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt

GENRE_UNKNOWN = error(
    "FEED013", "genre-unknown",
    what="A genre is not in Roku's list.",
    why="Roku refuses values outside its list.",
    fix="In the annex, map the catalogue's genre to one of Roku's list (kids, for example, to children).",
    source=f"{SEARCH_SCHEMA}, genre_type; decisions.md, Ratings and genres",
)  # fmt: skip
GENRES_MISSING = error(
    "FEED102", "genres-missing",
    what="An asset has no genres.",
    why="Roku's page requires at least one.",
    fix="Add a genre of Roku's list; map the catalogue's genres in the annex.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip
TAG_TOO_LONG = error(
    "FEED112", "tag-too-long",
    what="A tag has more than 20 characters.",
    why="Roku drops the tag.",
    fix="Shorten the tag.",
    source=f"{SEARCH_PAGE}, Asset, tags",
)  # fmt: skip
CREDIT_INCOMPLETE = error(
    "FEED134", "credit-incomplete",
    what="A credit lacks its name or its role.",
    why="Roku's page requires both; Roku drops the credit.",
    fix="Add both, or take the entry out.",
    source=f"{SEARCH_PAGE}, Credit",
)  # fmt: skip
CREDIT_ROLE_UNKNOWN = error(
    "FEED135", "credit-role-unknown",
    what="A credit's role is not in the list.",
    why="Roku drops the credit.",
    fix="Use actor, anchor, host, narrator, voice, director, producer or screenwriter; map roles in the annex.",
    source=f"{SEARCH_PAGE}, Credit",
)  # fmt: skip
LISTED: dict[str, FeedRule] = {"genres": GENRE_UNKNOWN}


def check_tags_and_credits(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of tags and credits."""
    for index, tag in enumerate(asset.get("tags", ())):
        if len(tag) > TAG_MAX_CHARS:
            message = f"{excerpt(tag)} has {len(tag)} characters, at most {TAG_MAX_CHARS} are allowed"
            hits.append(TAG_TOO_LONG.at(f"/tags/{index}", message))
        check_plain(tag, f"/tags/{index}", hits)
    for index, credit in enumerate(asset.get("credits", ())):
        unknown_keys(credit, context.known.credit, f"/credits/{index}", hits)
        role = credit.get("role")
        for key in ("name", "role"):
            if not credit.get(key):
                hits.append(CREDIT_INCOMPLETE.at(f"/credits/{index}", f"{key} is missing", key))
        if credit.get("name"):
            check_plain(credit["name"], f"/credits/{index}/name", hits)
        if role and role not in CREDIT_ROLES and not (role in NEWER_CREDIT_ROLES and context.profile is Profile.ROKU):
            hits.append(CREDIT_ROLE_UNKNOWN.at(f"/credits/{index}/role", f"{excerpt(role)} is not in the list"))
