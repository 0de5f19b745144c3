"""Fetch: reads one window of the EDYE catalogue into a snapshot (delivery-via-api.md, phase B)."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from functools import lru_cache, partial
from typing import Any, TypeVar

from edye_delivery.annex.model import Annex
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.parse import MalformedItem, add_series, id_of, parse_episode, parse_show
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from edye_delivery.catalog.title import Series, Title
from edye_delivery.catalog.window import Window
from edye_delivery.clients.catalogue_items import Items
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.errors import AuthRefused, DeliveryError

Parsed = TypeVar("Parsed")
log = logging.getLogger(__name__)
SERIES_KEPT = 1024


def fetch_snapshot(
    annex: Annex | None, api: EdyeApi, request: RunRequest, read_at: datetime, unattended: Collection[str] = ()
) -> SnapshotFile:
    """Every deliverable title that changed in the window, episodes with their series; each title once.

    Without an annex every title is taken, whoever may have it. `read_at` is now. `unattended` are the EDYE ids of
    titles that nobody waits for: this run takes them whenever they changed. Memory does not grow with the catalogue:
    the lists and the snapshot are on disk.
    """
    window = None if request.whole_catalogue else Window(request.start_at, request.end_at)
    writer = SnapshotWriter(request, read_at)
    shows, episodes = api.shows(window), api.episodes(window)
    known_series = _KnownSeries(api, shows)
    others = {one for one in unattended if window and shows.get(one) is None and episodes.get(one) is None}
    for item in shows:
        show = _parse(parse_show, item)
        if not isinstance(show, Series):
            _sort_in(show, annex, writer)
    if window:  # the whole catalogue has every episode already
        _add_touched(api, shows, episodes, others, writer)
    for item in episodes:
        _add_episode(item, known_series, annex, writer)
    if others:
        _add_others(api, others, known_series, annex, writer)
    snapshot = writer.finish()
    log.info("%s: %s titles, %s left out, %s malformed", request.partner, *snapshot.counts.values())
    return snapshot


def _add_others(
    api: EdyeApi, edye_ids: Collection[str], series: _KnownSeries, annex: Annex | None, writer: SnapshotWriter
) -> None:
    """Adds titles of other windows. Where the whole catalogue cannot be read, they wait for the next run."""
    log.info("this run takes %s titles of other windows, because no run waits for them", len(edye_ids))
    try:
        shows, episodes = api.shows(None), api.episodes(None)
    except AuthRefused:
        raise
    except DeliveryError as error:
        log.warning("this run does not take the titles of other windows: %s", error)
        return
    for edye_id in sorted(edye_ids):
        show, episode = shows.get(edye_id), episodes.get(edye_id)
        parsed = _parse(parse_show, show) if show is not None else None
        if parsed is not None and not isinstance(parsed, Series):
            _sort_in(parsed, annex, writer)
        elif episode is not None:
            _add_episode(episode, series, annex, writer)
        elif parsed is None:
            writer.add_missing(edye_id)


def _add_episode(item: dict[str, Any], series: _KnownSeries, annex: Annex | None, writer: SnapshotWriter) -> None:
    episode = _parse(parse_episode, item)
    own = series.of(str(episode.show_id)) if isinstance(episode, Title) else None
    _sort_in(add_series(episode, own) if isinstance(episode, Title) and own else episode, annex, writer)


def _add_touched(api: EdyeApi, shows: Items, episodes: Items, others: Collection[str], writer: SnapshotWriter) -> None:
    """Adds unchanged episodes of changed series; an episode that cannot be read is left out."""
    for item in shows:
        show = _parse(parse_show, item)
        if not isinstance(show, Series):
            continue
        for listed in api.episodes_of(show.id):
            episode = _parse(parse_episode, listed)
            is_known = isinstance(episode, Title) and (episode.id in others or _has_title(episodes, episode.id))
            if isinstance(episode, Title) and not is_known:
                writer.add_touched(add_series(episode, show))


def _has_title(episodes: Items, edye_id: str) -> bool:
    item = episodes.get(edye_id)
    return item is not None and isinstance(_parse(parse_episode, item), Title)


class _KnownSeries:
    """The series of changed episodes; an unchanged series comes from the list of all shows, which is read once."""

    def __init__(self, api: EdyeApi, shows: Items) -> None:
        self._api, self._shows = api, shows
        self._all_shows: Items | None = None
        self.of = lru_cache(SERIES_KEPT)(self._of)

    def _of(self, show_id: str) -> Series | None:
        changed = _series_of(self._shows, show_id)
        if changed is not None:
            return changed
        if self._all_shows is None:
            self._all_shows = self._api.shows(None)
        return _series_of(self._all_shows, show_id)


def _parse(parse: Callable[[Any], Parsed], item: Any) -> Parsed | MalformedItem:
    edye_id = id_of(item)
    parsed = attempt(edye_id, "reading the item", partial(parse, item))
    return MalformedItem(edye_id=edye_id, reason=parsed.sentence) if isinstance(parsed, StepFailure) else parsed


def _series_of(shows: Items, show_id: str) -> Series | None:
    item = shows.get(show_id)
    show = _parse(parse_show, item) if item is not None else None
    return show if isinstance(show, Series) else None


def _sort_in(parsed: Title | Series | MalformedItem, annex: Annex | None, writer: SnapshotWriter) -> None:
    if isinstance(parsed, MalformedItem):
        writer.add_malformed(parsed)
    elif isinstance(parsed, Title):
        reason = exclusion_reason(annex, parsed) if annex is not None else None
        if reason is None:
            writer.add_title(parsed)
        else:
            writer.leave_out(parsed, reason)
