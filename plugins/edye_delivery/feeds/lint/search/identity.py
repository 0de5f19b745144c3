"""The identity of an asset: its type, its id, its ids in other catalogues."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.external_ids import check_external_id
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.item import TITLE_TYPES
from edye_delivery.feeds.roku.limits import ITEM_ID_MAX_CHARS
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA, VOD_PAGE
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

ASSET_TYPE_UNKNOWN = error(
    "FEED002", "asset-type-unknown",
    what="An asset's type is not in the list.",
    why="The type decides how the app opens the title; Roku refuses an asset without a known one.",
    fix="Use movie, tvspecial, series, season, episode, shortform or externalIdOnly, spelled exactly like this.",
    source=f"{SEARCH_SCHEMA}, asset_type; decisions.md, two profiles",
)  # fmt: skip
ID_MISSING = error(
    "FEED003", "id-missing", owner=Owner.DEVOPS,
    what="An asset other than a season has no id.",
    why="Without an id Roku cannot recognise the title on the next download.",
    fix="Give it the id that it had in every earlier feed; an id must never change.",
    source=f"{SEARCH_SCHEMA}, assets",
)  # fmt: skip
TYPE_MISSING = error(
    "FEED005", "type-missing", owner=Owner.DEVOPS,
    what="An asset has no type.",
    why="Every other rule depends on it; Roku refuses the asset.",
    fix="Add the type.",
    source=f"{SEARCH_SCHEMA}, assets",
)  # fmt: skip
EXTERNAL_ID_SOURCE_MISSING = error(
    "FEED008", "external-id-source-missing", owner=Owner.DEVOPS,
    what="An externalIdOnly asset does not say which catalogue its id is from.",
    why="Without its source the id means nothing: Roku cannot find the title.",
    fix="Add externalIdSource, for Gracenote tms.",
    source=f"{SEARCH_SCHEMA}, assets",
)  # fmt: skip
EXTERNAL_SOURCE_UNKNOWN = error(
    "FEED009", "external-source-unknown", owner=Owner.DEVOPS,
    what="The source of an external id is not in the list.",
    why="Roku drops the external id.",
    fix="Use tms, ref, gsd, partner_title_id, partner_asset_id or gracenote_station_id, in lower case.",
    source=f"{SEARCH_SCHEMA}, external_id_source_type",
)  # fmt: skip
EXTERNAL_ID_INCOMPLETE = error(
    "FEED010", "external-id-incomplete",
    what="An entry of externalIds lacks its id or its source.",
    why="Roku drops the external id.",
    fix="Add both, or take the entry out.",
    source=f"{SEARCH_SCHEMA}, external_id",
)  # fmt: skip
ID_LENGTH = error(
    "FEED111", "id-length", owner=Owner.DEVOPS,
    what="An id is empty or has more than 50 characters.",
    why="Roku refuses the title.",
    fix="Use an id of 1 to 50 characters; it must never change afterwards.",
    source=f"{SEARCH_PAGE}, Asset, id",
)  # fmt: skip
EXTERNAL_ID_SOURCE_IDLE = warning(
    "FEED139", "external-id-source-idle", owner=Owner.DEVOPS,
    what="An asset that is not externalIdOnly has externalIdSource.",
    why="The key has a meaning only in an externalIdOnly asset.",
    fix="Put the id into externalIds, or make the type externalIdOnly.",
    source=f"{SEARCH_PAGE}, Asset, externalIdSource",
)  # fmt: skip
SUB_TYPE_UNKNOWN = error(
    "FEED148", "sub-type-unknown",
    what="A subType is not in the list.",
    why="Roku cannot tell what kind of extra the title is.",
    fix="Use one of the values that Roku's page lists, or leave the key out.",
    source=VOD_PAGE,
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {
    "": {"id": ID_MISSING, "type": TYPE_MISSING, "externalIdSource": EXTERNAL_ID_SOURCE_MISSING},
    "externalIds": {"id": EXTERNAL_ID_INCOMPLETE, "source": EXTERNAL_ID_INCOMPLETE},
    "content/linearEvents/externalId": {"id": EXTERNAL_ID_INCOMPLETE, "source": EXTERNAL_ID_INCOMPLETE},
}
LISTED: dict[str, FeedRule] = {
    "type": ASSET_TYPE_UNKNOWN,
    "subType": SUB_TYPE_UNKNOWN,
    "externalIdSource": EXTERNAL_SOURCE_UNKNOWN,
    "externalIds/source": EXTERNAL_SOURCE_UNKNOWN,
    "content/linearEvents/externalId/source": EXTERNAL_SOURCE_UNKNOWN,
}


def check_identity(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the id, and every key that is not in the specification."""
    unknown_keys(asset, context.known.asset, "", hits)
    name = asset.get("id")
    if name is not None and not 0 < len(name) <= ITEM_ID_MAX_CHARS:
        hits.append(ID_LENGTH.at("/id", f"the id has {len(name)} characters, at most {ITEM_ID_MAX_CHARS} are allowed"))
    if kind in TITLE_TYPES and "externalIdSource" in asset:
        hits.append(EXTERNAL_ID_SOURCE_IDLE.at("/externalIdSource", f"the type is {excerpt(kind)}"))


def check_external_ids(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the ids of other catalogues."""
    for index, entry in enumerate(asset.get("externalIds", ())):
        unknown_keys(entry, context.known.external_id, f"/externalIds/{index}", hits)
        check_external_id(entry.get("source"), entry.get("id"), kind, f"/externalIds/{index}/id", hits)


def check_external_only(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of an asset that has only an id of another catalogue."""
    check_external_id(asset.get("externalIdSource"), asset.get("id"), kind, "/id", hits)
