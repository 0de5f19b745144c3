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
    what="releaseDate is not a calendar day in the form YYYY-MM-DD.",
    why="Roku drops the date, and without a releaseYear also the title. The schema does not find 2022-13-45.",
    fix="Write the day as 2022-11-11, without a time and without a line break.",
    source=f"{SEARCH_SCHEMA}, releaseDate; decisions.md, real calendar dates",
)  # fmt: skip
RELEASE_MISSING = error(
    "FEED105", "release-missing",
    what="An asset has neither releaseDate nor releaseYear.",
    why="Roku's page requires one of them; without it Roku cannot sort or group the title.",
    fix="Add the day of the first release.",
    source=f"{SEARCH_PAGE}, Asset",
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
YEAR_TOO_EARLY = error(
    "FEED122", "year-too-early",
    what="A title was released before 1900.",
    why="Roku removes the year, and the title if that was its only release information.",
    fix="Correct the year.",
    source=PRACTICE,
    partner_code="ASSET_ALL_RELEASE_REMOVED",
)  # fmt: skip
YEARS_DIFFER = warning(
    "FEED123", "years-differ",
    what="releaseYear is not the year of releaseDate.",
    why="Roku does not say which of them counts.",
    fix="Write only releaseDate.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip


def check_release(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the release day and year."""
    year, text = asset.get("releaseYear"), asset.get("releaseDate")
    if text is not None and len(text) == 10:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            hits.append(RELEASE_DATE_MALFORMED.at("/releaseDate", f"{excerpt(text)} is not a calendar day"))
        else:
            if day.year < FIRST_YEAR:
                hits.append(YEAR_TOO_EARLY.at("/releaseDate", f"{text} is before {FIRST_YEAR}"))
            if year is not None and year != day.year:
                hits.append(YEARS_DIFFER.at("/releaseYear", f"the year is {year}, the date {text}"))
    if year is not None and year < FIRST_YEAR:
        hits.append(YEAR_TOO_EARLY.at("/releaseYear", f"{year} is before {FIRST_YEAR}"))
