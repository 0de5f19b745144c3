"""The root of a page: its version, its list of assets, no key twice."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.rule import FeedRule, error, warning

VERSION_MISSING = error(
    "FEED037", "version-missing", owner=Owner.DEVOPS,
    what="The page has no version.",
    why="Roku refuses the page.",
    fix='Add "version": "1".',
    source=f"{SEARCH_SCHEMA}, required",
)  # fmt: skip
ASSETS_MISSING = error(
    "FEED038", "assets-missing", owner=Owner.DEVOPS,
    what="The page has no assets.",
    why="Roku refuses the page.",
    fix="Add the list of assets.",
    source=f"{SEARCH_SCHEMA}, required",
)  # fmt: skip
DUPLICATE_KEY = error(
    "FEED039", "duplicate-key", owner=Owner.DEVOPS,
    what="An object has the same key twice.",
    why="Some parsers take the first of the two values, others the last.",
    fix="Write the key once.",
    source="RFC 8259, section 4",
)  # fmt: skip
VERSION_UNKNOWN = warning(
    "FEED132", "version-unknown", owner=Owner.DEVOPS,
    what='The version is not "1".',
    why="Roku specifies no other version; its own sample has 1.0.",
    fix='Write "version": "1".',
    source=f"{SEARCH_PAGE}, Root",
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {"": {"version": VERSION_MISSING, "assets": ASSETS_MISSING}}
