"""Fetch: one window of the EDYE catalogue as a snapshot (delivery-via-api.md, phase B)."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator

from edye_delivery.annex.model import Annex
from edye_delivery.annex.selection import left_out_because
from edye_delivery.catalog.parse import MalformedItem, parse_episode, parse_show, with_series
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import LeftOut, Snapshot
from edye_delivery.catalog.title import Series, Title
from edye_delivery.catalog.window import Window
from edye_delivery.clients.edye import EdyeApi

log = logging.getLogger(__name__)


def fetch_snapshot(annex: Annex, api: EdyeApi, request: RunRequest) -> Snapshot:
    """Every deliverable title that changed in the window, episodes with their series; nothing lost, nothing doubled."""
    window = None if request.whole_catalogue else Window(request.start_at, request.end_at)
    malformed: list[MalformedItem] = []
    titles: list[Title] = []
    series: dict[str, Series] = {}
    for show in [parse_show(item) for item in api.shows(window)]:
        if isinstance(show, Series):
            series[show.id] = show
        else:
            _sort_in(show, titles, malformed)
    episodes: list[Title] = []
    for item in api.episodes(window):
        _sort_in(parse_episode(item), episodes, malformed)
    # A whole catalogue has every episode already.
    touched = tuple(_touched(api, series.values(), {title.id for title in episodes})) if window else ()
    series |= _missing_series(api, episodes, series)
    joined = [
        with_series(title, series[str(title.show_id)]) if title.show_id in series else title for title in episodes
    ]
    kept, left_out = _selected(annex, [*titles, *joined])
    log.info("%s: %s titles, %s left out, %s malformed", annex.partner, len(kept), len(left_out), len(malformed))
    return Snapshot(
        request=request, titles=tuple(kept), touched=touched, malformed=tuple(malformed), left_out=tuple(left_out)
    )


def _touched(api: EdyeApi, series: Iterable[Series], changed: set[str]) -> Iterator[Title]:
    """The episodes of changed series that did not change themselves; one that cannot be read is no matter here."""
    for show in series:
        for episode in map(parse_episode, api.episodes_of(show.id)):
            if isinstance(episode, Title) and episode.id not in changed:
                yield with_series(episode, show)


def _missing_series(api: EdyeApi, episodes: list[Title], known: dict[str, Series]) -> dict[str, Series]:
    """The series that changed episodes belong to and that did not change themselves."""
    missing = {str(title.show_id) for title in episodes} - known.keys()
    shows = [parse_show(item) for item in api.shows_by_id(missing)]
    return {show.id: show for show in shows if isinstance(show, Series)}


def _sort_in(parsed: Title | Series | MalformedItem, titles: list[Title], malformed: list[MalformedItem]) -> None:
    if isinstance(parsed, Title):
        titles.append(parsed)
    elif isinstance(parsed, MalformedItem):
        malformed.append(parsed)


def _selected(annex: Annex, titles: list[Title]) -> tuple[list[Title], list[LeftOut]]:
    kept: list[Title] = []
    left_out: list[LeftOut] = []
    for title in sorted(titles, key=lambda title: (title.updated_at, title.id)):
        reason = left_out_because(annex, title)
        if reason is None:
            kept.append(title)
        else:
            left_out.append(LeftOut(edye_id=title.id, reason=reason))
    return kept, left_out
