"""What the rules SYNC look at: a title with its media, what the Delivery API offers, a media alone, a playlist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from edye_delivery.catalog.jw_player import JwDelivered, JwMedia, JwPlaylist, JwStatus
from edye_delivery.catalog.title import Title

ACRONYM, GEO_LIST, TMS_ID = "acronym", "geolist", "tmsid"
"""The custom parameters of EDYE's ingest documents, as letters and digits: their spelling as keys is not certain."""
EXTERNAL_ID_PARAMS = {"tms": TMS_ID}
NOT_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")
SEPARATORS = re.compile(r"[\s,;|]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """A visible title and its media; without media JW Player does not have it, and the sweep was complete.

    `was_known`: an earlier complete sweep had the media.
    """

    title: Title
    media: JwMedia | None
    now: datetime
    was_known: bool = False

    @property
    def changed_at(self) -> datetime | None:
        """When JW Player changed the media last."""
        return changed_at(self.media)

    @property
    def is_ready(self) -> bool:
        """Whether the media can be played."""
        return self.media is not None and self.media.known_status is JwStatus.READY


@dataclass(frozen=True, slots=True)
class Offered:
    """A pair whose media is ready, and what the Delivery API offers of it; None where it offers nothing."""

    pair: Pair
    delivered: JwDelivered | None

    @property
    def now(self) -> datetime:
        """When the comparison is made."""
        return self.pair.now

    @property
    def changed_at(self) -> datetime | None:
        """When JW Player changed the media last."""
        return self.pair.changed_at


@dataclass(frozen=True, slots=True)
class Usage:
    """A media and the titles that name it, as (name, language) of the visible ones; `titles` counts hidden ones too."""

    media_id: str
    media: JwMedia | None
    visible: tuple[tuple[str, str], ...]
    titles: int
    now: datetime

    @property
    def changed_at(self) -> datetime | None:
        """When JW Player changed the media last."""
        return changed_at(self.media)


@dataclass(frozen=True, slots=True)
class PlaylistUse:
    """A playlist, the names of visible titles that it lacks, and the names of media in it that do not belong there."""

    playlist: JwPlaylist
    missing: tuple[str, ...]
    strangers: tuple[str, ...]
    now: datetime
    changed_at: datetime | None = None


def changed_at(media: JwMedia | None) -> datetime | None:
    """When JW Player changed the media last, else when it was made."""
    return (media.last_modified_at or media.created_at) if media is not None else None


def is_published(media: JwMedia, now: datetime) -> bool:
    """Whether the moment is within the media's publishing dates."""
    start_at, end_at = media.publish_start_at, media.publish_end_at
    return (start_at is None or now >= start_at) and (end_at is None or now < end_at)


def is_visible(title: Title) -> bool:
    """Whether readers of the catalogue see the title: it is visible, and its series too."""
    return title.visible and (title.series is None or title.series.visible)


def param_of(media: JwMedia, name: str) -> str:
    """A custom parameter of the media, whatever case and separators its key is written with; empty where it has none.

    `name` has small letters and digits only.
    """
    return params_by_name(media.custom_params).get(name, "")


def params_by_name(custom_params: Mapping[str, str]) -> dict[str, str]:
    """Custom parameters by the small letters and digits of their keys; of two with the same, the first."""
    params: dict[str, str] = {}
    for key, value in custom_params.items():
        params.setdefault(_name_of(key), value.strip())
    return params


def words_of(text: str) -> frozenset[str]:
    """The words of a list that is written as one text, in small letters."""
    return frozenset(word.lower() for word in SEPARATORS.split(text) if word)


@lru_cache(maxsize=1024)
def _name_of(key: str) -> str:
    return NOT_LETTER_OR_DIGIT.sub("", key.lower())
