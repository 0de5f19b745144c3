"""Small Search feeds in which nothing is wrong, and pages of them."""

from __future__ import annotations

import json
from typing import Any


def an_asset(number: int = 1, **changes: Any) -> dict[str, Any]:
    """A movie without any defect."""
    return {
        "id": f"movie-{number}",
        "type": "movie",
        "titles": [{"value": f"Movie {number}", "languages": ["en"]}],
        "shortDescriptions": [{"value": "A movie for children.", "languages": ["en"]}],
        "genres": ["children"],
        "advisoryRatings": [{"source": "RTC", "value": "AA"}],
        "images": [{"type": "main", "url": "https://media.example/poster.jpg", "languages": ["en"]}],
        "releaseDate": "2020-02-29",
        "durationInMilliseconds": 5_400_000,
        "content": {"playOptions": [{"license": "free", "quality": "hd", "playId": f"play-{number}"}]},
    } | changes


def a_feed(*assets: dict[str, Any], next_page_url: str | None = None, **changes: Any) -> dict[str, Any]:
    """One page."""
    feed = {
        "version": "1",
        "defaultLanguage": "en",
        "defaultAvailabilityCountries": ["mx"],
        "assets": list(assets) or [an_asset()],
    }
    return feed | ({"nextPageUrl": next_page_url} if next_page_url else {}) | changes


def a_page(number: int, next_page_url: str | None = None) -> bytes:
    """A page with one movie of its own."""
    return as_bytes(a_feed(an_asset(number), next_page_url=next_page_url))


def as_bytes(feed: dict[str, Any]) -> bytes:
    """The feed as it is published."""
    return json.dumps(feed).encode()
