"""What JW Player says about media, their files and playlists, and about one sweep of its library; frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

LOSS_PERCENT_MAX = 2.0
"""A sweep that lost more of the last sweep's media than this is not believed: a query failed, not a library."""


class JwStatus(StrEnum):
    """The words that JW Player's contract has for a media's status; any other word is a finding, not an error."""

    CREATED = "created"
    PROCESSING = "processing"
    UPDATING = "updating"
    READY = "ready"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class JwMedia:
    """One media of the Management API; texts are empty and moments None where JW says nothing."""

    id: str
    status: str
    """The word that JW gives, known or not."""
    error_message: str = ""
    title: str = ""
    tags: tuple[str, ...] = ()
    duration_s: float | None = None
    created_at: datetime | None = None
    last_modified_at: datetime | None = None
    custom_params: Mapping[str, str] = field(default_factory=dict)
    publish_start_at: datetime | None = None
    publish_end_at: datetime | None = None
    external_id: str = ""
    media_type: str = ""
    defects: tuple[str, ...] = ()
    """A sentence for each field that has not the contract's shape and was left empty, such as an unreadable moment."""

    @property
    def known_status(self) -> JwStatus | None:
        """The status where the contract has the word; None where it has not."""
        return next((status for status in JwStatus if status == self.status), None)


@dataclass(frozen=True, slots=True)
class JwSource:
    """One file of a media as the Delivery API offers it; `bitrate` in bits per second."""

    file: str
    type: str
    label: str = ""
    width: int | None = None
    height: int | None = None
    bitrate: int | None = None
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class JwPicture:
    """One size of a media's poster."""

    src: str
    width: int | None = None
    type: str = ""


@dataclass(frozen=True, slots=True)
class JwDelivered:
    """A media as a player gets it from the Delivery API."""

    id: str
    title: str = ""
    duration_s: float | None = None
    tags: tuple[str, ...] = ()
    sources: tuple[JwSource, ...] = ()
    images: tuple[JwPicture, ...] = ()
    custom_params: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_picture(self) -> bool:
        """Whether JW has a poster for it. The Management API's list does not say so."""
        return bool(self.images)


@dataclass(frozen=True, slots=True)
class JwLook:
    """One media looked up at the Delivery API: what it delivers, nothing, or why that is not known."""

    id: str
    delivered: JwDelivered | None
    """None where it delivers nothing: unknown, deleted, not ready, outside its window; or where nobody knows."""
    sentence: str = ""
    """Why it is not known; empty where JW answered."""


@dataclass(frozen=True, slots=True)
class JwPlaylist:
    """One playlist, with the ids of its media in its order."""

    id: str
    title: str = ""
    media_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class JwSweep:
    """How one sweep of all media went; nothing is judged as missing by a sweep that is not complete."""

    began_at: datetime
    ended_at: datetime
    total: int
    """How many media JW said that it has, at the end of the sweep."""
    media_read: int
    """How many different media were read."""
    calls: int
    is_complete: bool
    sentence: str = ""
    """Why the sweep is not complete, and what to do; empty where it is."""


def lost_too_much(last_read: int | None, read: int, loss_percent_max: float = LOSS_PERCENT_MAX) -> bool:
    """Whether a sweep that read so many media lost more than the bound against the last complete one, if any."""
    return last_read is not None and (last_read - read) * 100 > last_read * loss_percent_max
