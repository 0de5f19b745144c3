"""What several parts of a Direct Publisher item share: the schema's lists, addresses, moments, languages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from edye_delivery.feeds.schemas import direct_schema
from edye_delivery.feeds.values import EPOCH

Item = dict[str, Any]
ADDRESS = re.compile(r"https?://\S+")
LAST_S = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH) // timedelta(seconds=1)

_PARTS = direct_schema()["definitions"]
LANGUAGE = re.compile(_PARTS["language"]["pattern"].strip("^$"))


def listed(part: str, key: str = "") -> frozenset[str]:
    """The values that our schema takes for a part, such as genre, or for one of its keys."""
    found = _PARTS[part]["properties"][key] if key else _PARTS[part]
    return frozenset(found["enum"])


GENRES = listed("genre")
RATINGS = listed("parental_rating")
RATING_SOURCES = listed("rating", "ratingSource")
ROLES = listed("credit", "role")
ID_TYPES = listed("external_id", "idType")
VIDEO_TYPES = listed("video", "videoType")


def is_address(url: str | None) -> bool:
    """Whether the feed takes it for a URL."""
    return url is not None and url.isprintable() and ADDRESS.fullmatch(url) is not None


def language_of(lang: str | None) -> str | None:
    """The language as the feed writes it; None where it has another form."""
    plain = (lang or "").replace("_", "-")
    return plain if LANGUAGE.fullmatch(plain) else None


def moment(at_s: int) -> str:
    """A moment in epoch seconds as 2015-11-11T22:21:37+00:00."""
    return (EPOCH + timedelta(seconds=min(at_s, LAST_S))).isoformat()


def midnight_s(day: date) -> int:
    """The first second of a day in UTC."""
    return (day - EPOCH.date()).days * 86_400
