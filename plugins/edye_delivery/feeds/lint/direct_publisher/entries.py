"""One entry of a list of a Direct Publisher feed: the checks for it; its values already have the schema's types."""

from __future__ import annotations

from typing import Any

from edye_delivery.feeds.lint.direct_publisher.content import check_period
from edye_delivery.feeds.lint.direct_publisher.items import check_item
from edye_delivery.feeds.lint.direct_publisher.parts import check_filled
from edye_delivery.feeds.lint.direct_publisher.rows import ROW_CHECKS
from edye_delivery.feeds.lint.direct_publisher.series import check_episodes, check_seasons
from edye_delivery.feeds.rule import Hit

PARTS = {
    "movies": "movie", "series": "series", "shortFormVideos": "short_form_video", "tvSpecials": "tv_special",
    "liveFeeds": "live_feed",
}  # fmt: skip


def check_entry(list_key: str, entry: dict[str, Any], now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of an entry of a list of the root that goes beyond the schema."""
    if list_key in ROW_CHECKS:
        ROW_CHECKS[list_key](entry, hits)
    else:
        check_item(entry, PARTS[list_key], "", list_key, now_ms, hits)
        if list_key == "shortFormVideos":
            check_filled(entry, ("genres",), "", hits)
        elif list_key == "liveFeeds":
            check_filled(entry, ("genres", "advisoryRatings"), "", hits)
            check_period(entry, "", now_ms, hits)
        elif list_key == "series":
            check_seasons(entry, now_ms, hits)
            check_episodes(entry, "", now_ms, hits)
