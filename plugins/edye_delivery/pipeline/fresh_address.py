"""A title's media address read from the catalogue again: a signed one may have expired since the run read it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock
from typing import Protocol

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

FreshSource = Callable[[PlannedTitle], Source | None]


class Catalogue(Protocol):
    """What of the EDYE API reading one item again takes."""

    def shows(self, window: Window | None) -> Items:
        """The shows changed in the window."""

    def episodes(self, window: Window | None) -> Items:
        """The episodes changed in the window."""


@dataclass(frozen=True, slots=True)
class FreshAddresses:
    """Asks the catalogue for items by the moment at which they changed: it has no call for a single one."""

    annex: Annex
    catalogue: Catalogue
    _lists: dict[tuple[bool, datetime], Items] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

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
        with self._lock:  # titles of one import have one moment: their list is read once
            item = self._list_around(is_episode, title.updated_at).get(title.id)
        if item is None:
            return None
        parsed = parse_episode(item) if is_episode else parse_show(item)
        return best_source(self.annex, parsed) if isinstance(parsed, Title) else None

    def _list_around(self, is_episode: bool, at: datetime) -> Items:
        if (is_episode, at) not in self._lists:
            read = self.catalogue.episodes if is_episode else self.catalogue.shows
            self._lists[is_episode, at] = read(Window(at - AROUND, at + AROUND))
        return self._lists[is_episode, at]
