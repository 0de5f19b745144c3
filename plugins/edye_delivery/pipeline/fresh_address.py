"""Reads a title's media address from the catalogue again: a signed address may have expired since the run read it."""

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
READING_MAX_AGE_S = 60.0
"""So long one reading is used for all titles of its moment."""


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
    """The calls of the EDYE API that read one item again."""

    def shows(self, window: Window | None) -> Items:
        """The shows changed in the window."""

    def episodes(self, window: Window | None) -> Items:
        """The episodes changed in the window."""


@dataclass(slots=True)
class _Reading:
    """The last answer of the catalogue for one moment, or its failure; who reads holds the lock."""

    lock: Lock = field(default_factory=Lock)
    valid_until_s: float = -math.inf
    items: Items | None = None
    failure: DeliveryError | None = None


@dataclass(frozen=True, slots=True)
class FreshAddresses:
    """Asks the catalogue for items by the moment at which they changed: it has no call for a single item.

    Titles of one import have the same moment. Its list is read once for all of them, and again when it is a minute old,
    because its addresses may have expired too.
    """

    annex: Annex
    catalogue: Catalogue
    monotonic: Callable[[], float] = time.monotonic
    _readings: dict[tuple[bool, datetime], _Reading] = field(default_factory=dict, init=False)
    _lock: Lock = field(default_factory=Lock, init=False)

    def source_of(self, plan: PlannedTitle) -> Source | None:
        """The plan's own media file, at the address that the catalogue has now.

        None where the address is the same, where the catalogue has another file of the title by now (the next run
        sends that one), and where the catalogue cannot be read.
        """
        name = plan.external_id
        try:
            source = self._source_now(plan.title)
        except (DeliveryError, OverflowError) as error:
            log.warning("%s: its media address cannot be read from the catalogue again: %s", name, error)
            return None
        if source is None or media_digest_of(source) != plan.media_digest:
            log.warning("%s: the catalogue was read again and has no such media file for it", name)
            return None
        is_new = plan.media is None or source.file != plan.media.file
        log.info(
            "%s: the catalogue was read again and has %s address for its media",
            name,
            "another" if is_new else "the same",
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
            if self.monotonic() >= reading.valid_until_s:
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
        reading.valid_until_s = self.monotonic() + READING_MAX_AGE_S
