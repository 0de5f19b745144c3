"""Asks JW Player for each media that its list does not have, before a title is said to have lost its video."""

from __future__ import annotations

from datetime import datetime
from itertools import chain, islice
from typing import Protocol

from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwMedia
from edye_delivery.errors import DeliveryError, Terminal
from edye_delivery.pipeline.sync_agreement import missing_media_ids
from edye_delivery.pipeline.sync_titles import SyncTitles

ASKED_MAX = 120
"""How many media are asked for in one run: two minutes of the 60 calls a minute that JW Player takes."""
FAILURES_MAX = 3
"""Each failure has been tried again already, and may have waited for minutes."""


class SingleMedia(Protocol):
    """What is asked of JW Player's Management API."""

    def media(self, media_id: str) -> JwMedia | None:
        """One media by id; None where JW does not know it."""


def confirm_missing(
    management: SingleMedia, titles: SyncTitles, library: JwLibrary, now: datetime, most: int = ASKED_MAX
) -> tuple[frozenset[str], list[str]]:
    """The media that JW Player does not know when asked for by id, and a sentence where it is not sure of others.

    At most so many are asked for in a run; where there are more, they take turns from day to day. A media that JW knows
    was missing only from its list: it is put into the library.
    """
    missing, count = set[str](), sum(1 for _ in missing_media_ids(titles))
    start = now.date().toordinal() * most % max(count, 1)
    in_turn = chain(islice(missing_media_ids(titles), start, None), islice(missing_media_ids(titles), start))
    sure, failures, why = 0, 0, f"JW Player is asked for {most} media a run, and for others in the next runs"
    for media_id in list(islice(in_turn, most)):
        try:
            media = management.media(media_id)
        except DeliveryError as error:
            failures, why = failures + 1, str(error)
            if isinstance(error, Terminal) or failures == FAILURES_MAX:
                break
            continue
        sure += 1
        if media is None:
            missing.add(media_id)
        else:
            library.keep([media])
            titles.keep_media(media)
    unsure = count - sure
    sentence = (
        f"{unsure} media are not in JW Player's list, and nobody knows whether they are gone: {why}. Their titles are "
        "not judged"
    )
    return frozenset(missing), [sentence] if unsure else []
