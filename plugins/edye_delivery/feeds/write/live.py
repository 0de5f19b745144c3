"""The annex's live channels as assets (roku-search-feed.md, Live feed specification)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import orjson

from edye_delivery.annex.feeds import FeedSpec, Station, StationOption
from edye_delivery.annex.model import Annex
from edye_delivery.feeds.roku.item import LIVE_TYPE, FeedItem
from edye_delivery.feeds.write.grouping import Show
from edye_delivery.feeds.write.notes import Notes
from edye_delivery.feeds.write.search_head import search_head


class LiveWriter:
    """Writes a feed that has only live channels; accepted titles are not in it."""

    def __init__(self, annex: Annex, spec: FeedSpec, now: datetime) -> None:
        self.notes = Notes(by_show=True)
        self._spec = spec

    def head(self) -> dict[str, Any]:
        """The root without its assets."""
        return search_head(self._spec, mixed=False)

    def stations(self) -> Iterator[FeedItem]:
        """Every live channel of the annex."""
        return station_items(self._spec)

    def items_of(self, show: Show) -> Sequence[FeedItem]:
        """Nothing."""
        return ()


def station_items(spec: FeedSpec) -> Iterator[FeedItem]:
    """The live channels of a feed."""
    for station in spec.channels:
        yield FeedItem("assets", station.id, LIVE_TYPE, orjson.dumps(station_asset(station)))


def station_asset(station: Station) -> dict[str, Any]:
    """One live channel; source and type are spelled as in the live specification, qualities as in the schema."""
    asset: dict[str, Any] = {
        "id": station.id,
        "type": LIVE_TYPE,
        "externalIds": [
            {"id": station.station_id, "channelName": station.name, "source": "GRACENOTE_STATION_ID"},
        ],
        "content": {"playOptions": [_option(option) for option in station.options]},
    }
    return asset | ({"tags": list(station.tags)} if station.tags else {})


def _option(option: StationOption) -> dict[str, Any]:
    asset_option: dict[str, Any] = {"license": option.license, "quality": option.quality, "playId": option.play_id}
    where: dict[str, Any] = {"country": list(option.countries)} if option.countries else {}
    if option.restrictions:
        where["restrictions"] = [restriction.model_dump(mode="json") for restriction in option.restrictions]
    return asset_option | ({"availabilityInfo": where} if where else {})
