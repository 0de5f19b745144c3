"""Ratings of the items of a Direct Publisher feed."""

from __future__ import annotations

from edye_delivery.feeds.roku.sources import DIRECT_PAGE, LOST
from edye_delivery.feeds.rule import error

RATING_INCOMPLETE = error(
    "FEED319", "direct-rating-incomplete",
    what="A rating lacks rating or ratingSource.",
    why="Roku drops the rating.",
    fix="Add both, or take the rating out.",
    source=f"{DIRECT_PAGE}, Rating",
)  # fmt: skip
RATING_UNKNOWN = error(
    "FEED325", "direct-rating-unknown",
    what="A parental rating is not in the page's list.",
    why="Roku drops the rating.",
    fix="Use a value of the list; map the catalogue's values in the annex.",
    source=f"{DIRECT_PAGE}, Parental Ratings; decisions.md, Ratings and genres",
)  # fmt: skip
RATING_HYPHENATED = error(
    "FEED326", "rating-hyphenated",
    what="A parental rating is spelled as the Search feed spells it, with a hyphen.",
    why="This feed's list has no hyphens; Roku drops the rating.",
    fix="Write it without the hyphen: here TV-Y7 is TVY7.",
    source=f"{DIRECT_PAGE}, Parental Ratings; {LOST}",
)  # fmt: skip
DIRECT_RATING_SOURCE_UNKNOWN = error(
    "FEED327", "direct-rating-source-unknown",
    what="A ratingSource is not in the list.",
    why="Roku drops the rating.",
    fix="Use BBFC, CHVRS, CPR, MPAA, UK_CP or USA_PR.",
    source=f"{DIRECT_PAGE}, Rating Sources",
)  # fmt: skip
