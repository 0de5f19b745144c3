"""Which media JW Player cannot play, by the last complete sweep: a small file that quality control reads."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from edye_delivery.catalog.plan import Record
from edye_delivery.catalog.window import rfc3339

OLDEST = timedelta(days=2)
"""An older sweep is not used: two nightly ones failed since."""


class MediaState(StrEnum):
    """Why a media cannot be delivered."""

    FAILED = "failed"
    GONE = "gone"


class BadMedia(Record):
    """A media that cannot be delivered; `detail` is JW Player's message, if any."""

    state: MediaState
    detail: str = ""


class MediaStates(Record):
    """The media that failed or are gone, by id, as a complete sweep that began at `swept_at` found them.

    `media_read` is how many media it read. Media that are not named may be delivered.
    """

    swept_at: datetime
    media_read: int
    bad: dict[str, BadMedia] = Field(default_factory=dict)


class UsableStates(Record):
    """The states, if they are there and not too old; else `why_not` is the sentence that says so."""

    states: MediaStates | None = None
    why_not: str = ""

    def bad_media(self, jwp_id: str | None) -> BadMedia | None:
        """Why this media cannot be delivered; None where it can, or where nobody knows."""
        return self.states.bad.get(jwp_id or "") if self.states is not None else None


NO_STATES = UsableStates(why_not="JW Player was not asked: no comparison with it has ended yet")


def usable_states(content: bytes | None, now: datetime) -> UsableStates:
    """The states in the file; nothing is known where there is no file, or where it is too old."""
    if content is None:
        return NO_STATES
    try:
        states = MediaStates.model_validate_json(content)
    except ValueError:
        return UsableStates(why_not="the file with the last comparison cannot be read: run the DAG check_jw_player")
    if now - states.swept_at > OLDEST:
        return UsableStates(
            why_not=f"the last complete sweep of JW Player began {rfc3339(states.swept_at)}, more than "
            f"{OLDEST.days} days ago, so it is not used: look at the DAG check_jw_player"
        )
    return UsableStates(states=states)
