"""Which media are looked up at JW Player's Delivery API, and what it answered: on disk, by id."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterator
from datetime import datetime
from heapq import nsmallest
from typing import Any

import orjson

from edye_delivery.catalog.jw_player import JwDelivered, JwLook, JwPicture, JwSource
from edye_delivery.pipeline.sync_agreement import ready_media
from edye_delivery.pipeline.sync_facts import microseconds
from edye_delivery.pipeline.sync_titles import SyncTitles
from edye_delivery.qc.sync.limits import SyncLimits

LOOKS_MAX = 100_000
"""How many media are looked up in one run: those that changed, and a part of the others that moves on each day."""
CHANGED, UNCHANGED = 0, 1


def media_to_look_up(
    titles: SyncTitles, limits: SyncLimits, now: datetime, most: int = LOOKS_MAX
) -> tuple[list[str], int]:
    """The ready media of compared titles that are looked up in this run, and how many are left to later ones.

    Those that JW Player changed lately come first. The others take turns from day to day, by their place in order.
    """
    ready = sum(1 for _ in ready_media(titles))
    start = now.date().toordinal() * most % max(ready, 1)
    changed_after_us = microseconds(now) - 2 * limits.sync_lag_s * 1_000_000
    ranks = (
        (UNCHANGED if at_us is not None and at_us <= changed_after_us else CHANGED, (place - start) % ready, media_id)
        for place, (media_id, at_us) in enumerate(ready_media(titles))
    )
    chosen = sorted(media_id for _, _, media_id in nsmallest(most, ranks))
    return chosen, ready - len(chosen)


class Looks:
    """What the Delivery API answered, in a temporary database that is deleted with this object."""

    def __init__(self) -> None:
        self.count = self.failed = 0
        self.failure = ""
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;"
            "CREATE TABLE looks (id TEXT PRIMARY KEY, look BLOB) WITHOUT ROWID; BEGIN;"
        )
        weakref.finalize(self, self._database.close)

    def add(self, look: JwLook) -> None:
        """Keeps an answer; one that failed is counted only, as nobody knows what is delivered."""
        if look.sentence:
            self.failed += 1
            self.failure = self.failure or look.sentence
            return
        self.count += 1
        self._database.execute("INSERT OR REPLACE INTO looks VALUES (?, ?)", (look.id, orjson.dumps(look)))

    def ids(self) -> Iterator[str]:
        """The media with an answer, by id."""
        for (media_id,) in self._database.execute("SELECT id FROM looks ORDER BY id"):
            yield media_id

    def get(self, media_id: str) -> JwLook | None:
        """The answer on this media; None where nobody looked."""
        for (content,) in self._database.execute("SELECT look FROM looks WHERE id = ?", (media_id,)):
            fields: dict[str, Any] = orjson.loads(content)
            delivered = fields["delivered"]
            return JwLook(media_id, _delivery_of(delivered) if delivered is not None else None)
        return None


def _delivery_of(fields: dict[str, Any]) -> JwDelivered:
    whole = fields | {
        "tags": tuple(fields["tags"]),
        "sources": tuple(JwSource(**one) for one in fields["sources"]),
        "images": tuple(JwPicture(**one) for one in fields["images"]),
    }
    return JwDelivered(**whole)
