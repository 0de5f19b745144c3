"""A title's media address read from the catalogue again: a signed one may have expired since the run read it."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Protocol

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import best_source, media_digest_of
from edye_delivery.catalog.parse import parse_episode, parse_show
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Source, Title
from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.catalog.window import Window
from edye_delivery.clients.catalogue_items import Items
from edye_delivery.errors import DeliveryError

log = logging.getLogger(__name__)
AROUND = timedelta(seconds=1)
STANDS_S = 60.0
"""How long one reading stands for all titles of its moment."""


class FreshSources(Protocol):
    """Where a step finds a media address anew that the media host refuses."""

    def source_of(self, plan: PlannedTitle) -> Source | None:
        """The plan's media file at the address that it has now; None where there is no other address."""


class NoFreshSources:
    """For a step that does not read addresses again."""

    def source_of(self, plan: PlannedTitle) -> Source | None:
        """None, for every title."""
        return None


NO_FRESH_SOURCES = NoFreshSources()


class Catalogue(Protocol):
    """What of the EDYE API reading one item again takes."""

    def shows(self, window: Window | None) -> Items:
        """The shows changed in the window."""

    def episodes(self, window: Window | None) -> Items:
        """The episodes changed in the window."""


@dataclass(slots=True)
class _Reading:
    """What the catalogue said last of one moment, or why it said nothing; the lock is its reader's."""

    lock: Lock = field(default_factory=Lock)
    stands_until_s: float = -math.inf
    items: Items | None = None
    failure: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class FreshAddresses:
    """Asks the catalogue for items by the moment at which they changed: it has no call for a single one.

    Titles of one import have one moment: its list is read once for all of them, and read again when it is a minute old,
    as its addresses may have expired too.
    """

    annex: Annex
    catalogue: Catalogue
    monotonic: Callable[[], float] = time.monotonic
    _readings: dict[tuple[bool, datetime], _Reading] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def source_of(self, plan: PlannedTitle) -> Source | None:
        """The very file of the plan at the address that the catalogue gives now.

        None where the address is the same, the catalogue has another file or version of the title by now (the next run
        takes that up), or cannot be read.
        """
        name = plan.external_id
        try:
            source = self._source_now(plan.title)
        except (DeliveryError, OverflowError) as error:
            log.warning("%s: its media address cannot be read from the catalogue again: %s", name, error)
            return None
        if source is None or media_digest_of(source) != plan.media_digest:
            log.warning("%s: the catalogue, read again, has no such media file of it", name)
            return None
        is_new = plan.media is None or source.file != plan.media.file
        log.info(
            "%s: the catalogue, read again, has %s address of its media", name, "another" if is_new else "the same"
        )
        return source if is_new else None

    def _source_now(self, title: Title) -> Source | None:
        is_episode = title.kind is TitleKind.EPISODE
        item = self._item_now(is_episode, title)
        if item is None:
            return None
        parsed = parse_episode(item) if is_episode else parse_show(item)
        return best_source(self.annex, parsed) if isinstance(parsed, Title) else None

    def _item_now(self, is_episode: bool, title: Title) -> dict[str, Any] | None:
        """The title's item; DeliveryError where its list could not be read, now or less than a minute ago."""
        at = title.updated_at
        with self._lock:
            reading = self._readings.setdefault((is_episode, at), _Reading())
        with reading.lock:
            if self.monotonic() >= reading.stands_until_s:
                self._read(reading, is_episode, Window(at - AROUND, at + AROUND))
            if reading.failure is not None:
                raise reading.failure
            return reading.items.get(title.id) if reading.items is not None else None

    def _read(self, reading: _Reading, is_episode: bool, window: Window) -> None:
        reading.items, reading.failure = None, None
        try:
            reading.items = (self.catalogue.episodes if is_episode else self.catalogue.shows)(window)
        except DeliveryError as error:
            reading.failure = error
        reading.stands_until_s = self.monotonic() + STANDS_S
