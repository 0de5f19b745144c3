"""FEED6xx: what a feed has to leave out of an accepted title; nothing is left out without a finding."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.rule import error, warning

TABLES = "decisions.md, Ratings and genres"
WRITE = "decisions.md, Search feed: what we write"

VALUE_UNMAPPED = warning(
    "FEED601", "value-unmapped",
    what="The feed does not know a genre, rating, role, language, country or external id of a title.",
    why="The value is left out of the feed; the title keeps its other values.",
    fix="Add the value to the annex's table, or correct it in EDYE.",
    source=TABLES,
)  # fmt: skip
TEXT_CLIPPED = warning(
    "FEED602", "text-clipped",
    what="A text was longer than the feed takes, and was shortened.",
    why="Roku refuses longer texts, or cuts them off in the middle of a word.",
    fix="Shorten the text in EDYE.",
    source="decisions.md, Direct Publisher feed; roku-search-feed.md, Title, Description",
)  # fmt: skip
PART_LEFT_OUT = warning(
    "FEED603", "part-left-out",
    what="A part of a title has a form that the feed does not take.",
    why="Only this part is left out of the feed, so that the title can be in it.",
    fix="Correct the part in EDYE.",
    source=WRITE,
)  # fmt: skip
TITLE_LEFT_OUT = error(
    "FEED604", "title-left-out",
    what="An accepted title lacks something that Roku requires.",
    why="The title is not in the feed, so viewers do not find it in the search.",
    fix="Complete the title in EDYE; the next run puts it into the feed.",
    source=WRITE,
)  # fmt: skip
TITLE_WITHOUT_PICTURE = error(
    "FEED605", "title-without-picture", owner=Owner.DESIGN,
    what="An accepted title has no artwork that the feed could show as its main picture.",
    why="The title is not in the feed, because Roku refuses a title without a main image.",
    fix="Upload the artwork to EDYE; the next run puts the title into the feed.",
    source="roku-search-feed.md, Asset, images; decisions.md, Known of Roku's own checks, in practice",
)  # fmt: skip
TITLE_ENDED = warning(
    "FEED606", "title-ended",
    what="An accepted title's availability has ended.",
    why="The title is not in the feed any more; this is how a title is taken down.",
    fix="Nothing; or extend its availability in EDYE.",
    source="decisions.md, Roku's VOD delivery page: take-down is a changed end date",
)  # fmt: skip
TITLE_BROKE_OFF = error(
    "FEED607", "title-broke-off", owner=Owner.DEVOPS,
    what="An accepted title could not be written into the feed because of an unexpected error.",
    why="The title is not in the feed, so viewers do not find it in the search. The other titles are in the feed.",
    fix="Find the traceback in the log of assemble_feed, and correct the writer, or the title in EDYE.",
    source=WRITE,
)  # fmt: skip
