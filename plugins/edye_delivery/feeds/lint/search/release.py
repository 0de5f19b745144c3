"""When an asset was first released."""

from __future__ import annotations

from datetime import date
from typing import Any

from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.limits import FIRST_YEAR
from edye_delivery.feeds.roku.sources import PRACTICE, SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.rule import Hit, error, excerpt, warning

RELEASE_DATE_MALFORMED = error(
    "FEED024", "release-date-malformed",
    what="releaseDate is no day of the calendar in the form YYYY-MM-DD.",
    why="Roku drops the date, and the title where there is no releaseYear. 2022-13-45 passes the schema.",
    fix="Write the day as 2022-11-11, without time and without a line break.",
    source=f"{SEARCH_SCHEMA}, releaseDate; decisions.md, real calendar dates",
)  # fmt: skip
RELEASE_MISSING = error(
    "FEED105", "release-missing",
    what="An asset has neither releaseDate nor releaseYear.",
    why="The prose requires one of them; without it the title cannot be sorted or grouped.",
    fix="Add the day of the first release.",
    source=f"{SEARCH_PAGE}, Asset",
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
YEAR_TOO_EARLY = error(
    "FEED122", "year-too-early",
    what="A title was released before 1900.",
    why="Roku removes the year, and the title with its last release information.",
    fix="Correct the year.",
    source=PRACTICE,
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
YEARS_DIFFER = warning(
    "FEED123", "years-differ",
    what="releaseYear is not the year of releaseDate.",
    why="Which of them counts is not told.",
    fix="Write only releaseDate.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip


def check_release(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the release day and year."""
    year, written = asset.get("releaseYear"), asset.get("releaseDate")
    if written is not None and len(written) == 10:
        try:
            released = date.fromisoformat(written)
        except ValueError:
            hits.append(RELEASE_DATE_MALFORMED.at("/releaseDate", f"{excerpt(written)} is no day of the calendar"))
        else:
            if released.year < FIRST_YEAR:
                hits.append(YEAR_TOO_EARLY.at("/releaseDate", f"{written} is before {FIRST_YEAR}"))
            if year is not None and year != released.year:
                hits.append(YEARS_DIFFER.at("/releaseYear", f"{year} beside the date {written}"))
    if year is not None and year < FIRST_YEAR:
        hits.append(YEAR_TOO_EARLY.at("/releaseYear", f"{year} is before {FIRST_YEAR}"))
