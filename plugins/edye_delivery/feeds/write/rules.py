"""FEED6xx: what of an accepted title a feed cannot carry; nothing is dropped in silence."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.rule import error, warning

TABLES = "decisions.md, Ratings and genres"
WRITE = "decisions.md, Search feed: what we write"

VALUE_UNMAPPED = warning(
    "FEED601", "value-unmapped",
    what="A genre, rating, role, language, country or external id has no counterpart in the feed.",
    why="It is left out of the feed; the title keeps its other values.",
    fix="Add the value to the annex's table, or correct it in EDYE.",
    source=TABLES,
)  # fmt: skip
TEXT_CLIPPED = warning(
    "FEED602", "text-clipped",
    what="A text is longer than the feed takes and was clipped.",
    why="Roku refuses or clips longer texts, at a place that nobody chose.",
    fix="Shorten the text in EDYE.",
    source="decisions.md, Direct Publisher feed; roku-search-feed.md, Title, Description",
)  # fmt: skip
PART_LEFT_OUT = warning(
    "FEED603", "part-left-out",
    what="A part of a title has a form that the feed does not take.",
    why="It is left out of the feed, so that the title need not be.",
    fix="Correct it in EDYE.",
    source=WRITE,
)  # fmt: skip
TITLE_LEFT_OUT = error(
    "FEED604", "title-left-out",
    what="An accepted title lacks something without which Roku refuses it.",
    why="It is not in the feed: viewers do not find it in search.",
    fix="Complete it in EDYE; the next run puts it into the feed.",
    source=WRITE,
)  # fmt: skip
TITLE_WITHOUT_PICTURE = error(
    "FEED605", "title-without-picture", owner=Owner.DESIGN,
    what="An accepted title has no artwork that the feed could show as its main picture.",
    why="It is not in the feed: Roku refuses a title without a main image.",
    fix="Upload the artwork to EDYE; the next run puts the title into the feed.",
    source="roku-search-feed.md, Asset, images; decisions.md, Known of Roku's own checks, in practice",
)  # fmt: skip
TITLE_ENDED = warning(
    "FEED606", "title-ended",
    what="An accepted title's availability has ended.",
    why="It is not in the feed any more; that is how it is taken down.",
    fix="Nothing, or extend its availability in EDYE.",
    source="decisions.md, Roku's VOD delivery page: take-down is a changed end date",
)  # fmt: skip
TITLE_BROKE_OFF = error(
    "FEED607", "title-broke-off", owner=Owner.DEVOPS,
    what="Writing an accepted title into the feed broke off for a reason that nobody foresaw.",
    why="It is not in the feed: viewers do not find it in search. The other titles are.",
    fix="Find the traceback in the log of assemble_feed, and correct the writer, or the title in EDYE.",
    source=WRITE,
)  # fmt: skip
