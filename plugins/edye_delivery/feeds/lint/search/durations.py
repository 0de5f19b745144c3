"""How long a playable asset is."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.limits import PLAYABLE_MIN_S, SHORTFORM_MAX_S
from edye_delivery.feeds.roku.sources import BEYOND, PRACTICE, SEARCH_PAGE
from edye_delivery.feeds.rule import Hit, error, warning

DURATIONS = (("durationInSeconds", 1, "s"), ("durationInMilliseconds", 1000, "ms"))
DURATION_MISSING = error(
    "FEED106", "duration-missing",
    what="A playable asset has neither durationInSeconds nor durationInMilliseconds.",
    why="Roku's page requires one of them.",
    fix="Add the duration of the media file.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip
DURATION_NOT_POSITIVE = error(
    "FEED119", "duration-not-positive",
    what="A duration is not above 0.",
    why="Roku refuses the title.",
    fix="Write the duration of the media file.",
    source=BEYOND,
    partner_code="ASSET_DURATION_SHORT",
)  # fmt: skip
DURATIONS_DIFFER = error(
    "FEED120", "durations-differ", owner=Owner.DEVOPS,
    what="durationInSeconds and durationInMilliseconds are both given and are not equal.",
    why="Roku's page says that they must be equal.",
    fix="Write only durationInMilliseconds.",
    source=f"{SEARCH_PAGE}, Asset, durationInMilliseconds",
)  # fmt: skip
DURATION_SHORT = error(
    "FEED121", "duration-short",
    what="A playable asset is shorter than 60 seconds.",
    why="Roku refuses it.",
    fix="Take the asset out of the feed, or correct the duration: it may be in seconds instead of milliseconds.",
    source=PRACTICE,
    partner_code="ASSET_DURATION_SHORT",
)  # fmt: skip
SHORTFORM_LONG = warning(
    "FEED136", "shortform-long",
    what="A shortform asset is longer than 15 minutes.",
    why="shortform is for content of 15 minutes or less.",
    fix="Make it a movie or tvspecial.",
    source=f"{SEARCH_PAGE}, Asset, type",
)  # fmt: skip
MOVIE_SHORT = warning(
    "FEED137", "movie-short",
    what="A movie is 15 minutes long or less.",
    why="movie is for films of more than 15 minutes.",
    fix="Make it a shortform.",
    source=f"{SEARCH_PAGE}, Asset, type",
)  # fmt: skip
DURATION_TWICE = warning(
    "FEED144", "duration-given-twice", owner=Owner.DEVOPS,
    what="durationInSeconds and durationInMilliseconds are both given.",
    why="Roku's page recommends only one of them.",
    fix="Write only durationInMilliseconds.",
    source=f"{SEARCH_PAGE}, Asset, durationInMilliseconds",
)  # fmt: skip


def check_durations(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the durations of a playable asset."""
    durations = [(key, asset[key], per_s, unit) for key, per_s, unit in DURATIONS if key in asset]
    if not durations:
        hits.append(DURATION_MISSING.at("", "there is no duration", "durationInMilliseconds"))
    for key, value, per_s, unit in durations:
        if value <= 0:
            hits.append(DURATION_NOT_POSITIVE.at(f"/{key}", f"{value} {unit} is not above 0"))
        elif value < PLAYABLE_MIN_S * per_s:
            hits.append(DURATION_SHORT.at(f"/{key}", f"{value} {unit}, expected {PLAYABLE_MIN_S} s or more"))
        elif kind == "shortform" and value > SHORTFORM_MAX_S * per_s:
            hits.append(SHORTFORM_LONG.at(f"/{key}", f"{value} {unit}, expected 15 minutes or less"))
        elif kind == "movie" and value <= SHORTFORM_MAX_S * per_s:
            hits.append(MOVIE_SHORT.at(f"/{key}", f"{value} {unit}, expected more than 15 minutes"))
    if len(durations) == 2 and durations[0][1] * 1000 != durations[1][1]:
        message = f"{durations[0][1]} s and {durations[1][1]} ms"
        hits.append(DURATIONS_DIFFER.at("/durationInMilliseconds", message))
    elif len(durations) == 2:
        hits.append(DURATION_TWICE.at("/durationInMilliseconds", "durationInSeconds has the same value"))
