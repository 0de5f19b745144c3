"""The root of a Search feed's pages, with or without live channels."""

from __future__ import annotations

from typing import Any

from edye_delivery.annex.feeds import FeedSpec


def search_head(spec: FeedSpec, *, mixed: bool) -> dict[str, Any]:
    """The root of every page; a feed with live channels and other titles names its platforms."""
    head: dict[str, Any] = {
        "version": "1", "defaultLanguage": spec.language, "defaultAvailabilityCountries": list(spec.countries)
    }  # fmt: skip
    return head | ({"defaultAvailabilityPlatforms": ["all"]} if mixed else {})
