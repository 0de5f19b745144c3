"""Hypothesis strategies: JSON of every kind, put at any spot of a clean Search feed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from edye_delivery.feeds.roku.schemas import values_of
from tests.unit.feeds.search_feeds import NOW_MS, Json, a_live_feed, a_media_feed, a_movie_feed, a_search_feed

ENDLESS = "\ue000endless"
"""Stands for 1e400, which no Python value is written as."""
DROPPED = object()
MEANT = (
    "movie", "series", "season", "episode", "externalIdOnly", "liveStream", "shortForm", "es", "en", "zz", "mx", "US",
    "tms", "TMS", "GRACENOTE_STATION_ID", "main", "free", "rental", "fhd", "FHD", "mp4", "USA_PR", "BBFC", "TV-Y7",
    "2022-11-11", "2022-13-45", "2022-11-11\n", "https://a.b/c", "https://a.b/c\n", "https://a\u2028", "", " ", "\0",
    "2026-01-01T00:00:00Z", "x" * 200, "x" * 201, "\N{PARTY POPPER}" * 101, "e\u0301",
    *sorted(values_of("genre_type"))[:3],
)  # fmt: skip
KEYS = (
    "id", "type", "titles", "value", "languages", "language", "source", "content", "media", "playOptions", "license",
    "price", "currency", "seriesId", "seasonNumber", "episodeNumber", "availabilityInfo", "country", "restrictions",
    "externalIdSource", "seasonInfo", "episodeInfo", "a/b~c", "",
)  # fmt: skip
NUMBERS = (0, -1, 1.0, 1.5, 2**53 + 1, 2**63, 2**64, -(10**400), 10**4299, 1e300, 5e-324, -0.0, 59.9, NOW_MS)
TEXTS = st.sampled_from(MEANT) | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
PLAIN = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(NUMBERS) | st.just(ENDLESS) | TEXTS
)  # fmt: skip
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | TEXTS, inner, max_size=4),
    max_leaves=8,
)
FEEDS = (a_search_feed(), a_movie_feed(), a_media_feed(), a_live_feed())


def spots_of(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every spot below the value."""
    keys: Any = value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield (*path, key)
        yield from spots_of(value[key], (*path, key))


SPOTS = {index: sorted(spots_of(feed), key=str) for index, feed in enumerate(FEEDS)}


@st.composite
def wild_feeds(draw: st.DrawFn) -> list[Json]:
    """The pages of a feed with one to three values that do not belong there, or are missing."""
    index = draw(st.sampled_from(sorted(SPOTS)))
    pages = copy.deepcopy(FEEDS[index])
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(SPOTS[index]))
        if len(path) > 1:
            _change(pages, path, draw(VALUES | st.just(DROPPED)), draw(st.none() | st.sampled_from(KEYS)))
    return pages


def _change(pages: Any, path: tuple[str | int, ...], value: Any, another_key: str | None) -> None:
    """Nothing, where an earlier change took the spot away."""
    *parents, last = path
    spot = pages
    try:
        for part in parents:
            spot = spot[part]
        if another_key is not None and isinstance(spot, dict) and value is not DROPPED:
            spot[another_key] = value
        elif value is DROPPED:
            del spot[last]
        elif isinstance(spot, dict | list):
            spot[last] = value
    except (KeyError, IndexError, TypeError):
        return


def as_text(page: Json) -> bytes:
    return json.dumps(page, ensure_ascii=False).replace(json.dumps(ENDLESS, ensure_ascii=False), "1e400").encode()
