"""What the checks of an asset know in addition to the asset."""

from __future__ import annotations

from dataclasses import dataclass

from edye_delivery.feeds.lint.keys import KnownKeys
from edye_delivery.feeds.roku.schemas import Profile


@dataclass(frozen=True, slots=True)
class SearchContext:
    """What the root of a feed says for its assets, the time of the check, and the profile."""

    default_language: str | None
    has_default_countries: bool
    default_countries: frozenset[str]
    now_ms: int
    profile: Profile
    known: KnownKeys
