"""The values that Roku's feeds allow, from the schemas and from Roku's page."""

from __future__ import annotations

import re

from edye_delivery.feeds.roku.schemas import Profile, direct_schema, values_of

COUNTRIES = {profile: values_of("country_type", profile) for profile in Profile}
LANGUAGES = values_of("language_type")
CREDIT_ROLES = frozenset({"actor", "anchor", "host", "narrator", "voice", "director", "producer", "screenwriter"})
NEWER_CREDIT_ROLES = frozenset({"analyst", "guest", "judge", "self"})
CURRENCIES = frozenset({"usd", "gbp", "cad", "eur"})
MAIN_IMAGE_TYPES = ("main", "poster")
SINGLE_FILE_TYPES = frozenset({"MP4", "MOV", "M4V"})
"""Types of video that are a single file, not a manifest with many."""

_DIRECT_PARTS = direct_schema()["definitions"]
DIRECT_LANGUAGE = re.compile(_DIRECT_PARTS["language"]["pattern"].strip("^$"))


def direct_values_of(part: str, key: str = "") -> frozenset[str]:
    """The values that the Direct Publisher feed's schema allows for a part, such as genre, or for one of its keys."""
    found = _DIRECT_PARTS[part]["properties"][key] if key else _DIRECT_PARTS[part]
    return frozenset(found["enum"])


DIRECT_GENRES = direct_values_of("genre")
DIRECT_RATINGS = direct_values_of("parental_rating")
DIRECT_RATING_SOURCES = direct_values_of("rating", "ratingSource")
DIRECT_CREDIT_ROLES = direct_values_of("credit", "role")
DIRECT_ID_TYPES = direct_values_of("external_id", "idType")
DIRECT_VIDEO_TYPES = direct_values_of("video", "videoType")
