"""What several parts of a Direct Publisher item share: addresses, moments, languages."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

from edye_delivery.feeds.roku.vocabularies import DIRECT_LANGUAGE
from edye_delivery.feeds.write.values import EPOCH

Item = dict[str, Any]
ADDRESS = re.compile(r"https?://\S+")
LAST_S = (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - EPOCH) // timedelta(seconds=1)


def is_address(url: str | None) -> bool:
    """Whether the feed takes it as a URL."""
    return url is not None and url.isprintable() and ADDRESS.fullmatch(url) is not None


def language_of(lang: str | None) -> str | None:
    """The language as the feed writes it; None if it has another form."""
    plain = (lang or "").replace("_", "-")
    return plain if DIRECT_LANGUAGE.fullmatch(plain) else None


def moment(at_s: int) -> str:
    """A moment in epoch seconds as 2015-11-11T22:21:37+00:00."""
    return (EPOCH + timedelta(seconds=min(at_s, LAST_S))).isoformat()


def midnight_s(day: date) -> int:
    """The first second of a day in UTC."""
    return (day - EPOCH.date()).days * 86_400
