"""Turns exposures into the items of a partner's lists: what each reader finds, and what left."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

import orjson

from edye_delivery.annex.channels import pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel, PullEndpoint
from edye_delivery.annex.pull_item import entry_id_of, entry_of, series_item_of, title_item_of
from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.title import Series, Title
from edye_delivery.catalog.vocabulary import ListName, TitleKind
from edye_delivery.delivery_api.generations.build_list import check_item
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.errors import ItemRefused
from edye_delivery.ledger.exposures import WITHDRAWN, Exposure

log = logging.getLogger(__name__)
ITEM_FORM = 1
"""Raise it with every change of what an item looks like: the next publication then writes all items again."""
TOMBSTONE_REASONS = frozenset({"withdrawn", "invisible", "tag", "geo", "window_ended", "rejected", "deleted"})
"""The words of the contract; what left for another reason was deleted."""
OTHER_REASON = "deleted"


def lists_of(pull: PullChannel) -> frozenset[ListName]:
    """The lists that at least one user may read."""
    lists = {
        PullEndpoint.SHOWS: ListName.SHOWS,
        PullEndpoint.EPISODES: ListName.EPISODES,
        PullEndpoint.FEED: ListName.ENTRIES,
        PullEndpoint.MEDIA: ListName.ENTRIES,
    }
    return frozenset(lists[endpoint] for endpoint in pull.endpoints())


def form_digest(annex: Annex) -> str:
    """The digest of all in the annex that decides what items look like; where it differs, all are written again."""
    pull = pull_channel_of(annex)
    words = annex.mappings[pull.genres] if pull.genres is not None else {}
    shown = [thumbnail.model_dump() for thumbnail in pull.thumbnails]
    lists = sorted(lists_of(pull))
    signed = pull.signed_media
    addresses = () if signed is None else (signed.base_url, sorted(signed.hosts))
    return digest_of(ITEM_FORM, pull.scope.model_dump(), words, pull.entry_id, shown, lists, *addresses)


@dataclass(slots=True)
class _SeriesState:
    """What the exposed episodes of a series say about it."""

    series: Series | None = None
    langs: set[str] = field(default_factory=set)
    ends_ms: list[int | None] = field(default_factory=list)

    def add(self, title: Title, closes_at: datetime | None) -> None:
        series = title.series
        if series is not None and (self.series is None or series.updated_at >= self.series.updated_at):
            self.series = series
        self.langs |= {title.lang} if title.lang else set()
        self.ends_ms.append(milliseconds(closes_at))

    @property
    def end_ms(self) -> int | None:
        """The end of the last episode; None where one has no end."""
        return None if None in self.ends_ms else max((end for end in self.ends_ms if end is not None), default=None)


@dataclass(slots=True)
class ItemWriter:
    """Gives the changes of items for changes of exposures, by the annex of a pull channel.

    `of_shows` gives all exposures of some series. Without it the exposures are those of all titles.
    """

    annex: Annex
    of_shows: Callable[[Iterable[str]], Iterable[Exposure]] | None = None

    def changes(self, exposures: Iterable[Exposure]) -> Iterator[ItemChange]:
        """The changes of all lists that somebody may read; those of series come last."""
        pull = pull_channel_of(self.annex)
        lists = lists_of(pull)
        series: dict[str, _SeriesState] = {}
        shows: set[str] = set()
        for exposure in exposures:
            yield from (change for change in self._of_title(pull, exposure) if change.list in lists and _fits(change))
            if exposure.kind is not TitleKind.EPISODE:
                shows.add(exposure.edye_id)
            for show_id in exposure.show_ids:
                series.setdefault(show_id, _SeriesState())
            if self.of_shows is None:
                _add(series, exposure)
        if ListName.SHOWS not in lists:
            return
        for exposure in self.of_shows(series) if self.of_shows is not None else ():
            if exposure.title is not None and exposure.title.show_id in series:  # else it is in another series now
                _add(series, exposure)
        for show_id, state in series.items():
            if show_id in shows:
                log.warning("%s is the id of a series and of a title: the list of shows has the title only", show_id)
                continue
            change = self._of_series(pull, show_id, state)
            if _fits(change):
                yield change

    def _of_title(self, pull: PullChannel, exposure: Exposure) -> Iterator[ItemChange]:
        """The title's item and its entry."""
        own = ListName.EPISODES if exposure.kind is TitleKind.EPISODE else ListName.SHOWS
        other = ListName.SHOWS if own is ListName.EPISODES else ListName.EPISODES
        entry_id = entry_id_of(pull, exposure.edye_id)
        if self.of_shows is not None:
            yield ItemChange(  # it may have been of another kind
                list=other, id=exposure.edye_id, body=None, reason=OTHER_REASON
            )
        title = exposure.title
        if title is None:
            reason = exposure.because if exposure.because in TOMBSTONE_REASONS else OTHER_REASON
            for name, item_id in ((own, exposure.edye_id), (ListName.ENTRIES, entry_id)):
                yield ItemChange(
                    list=name, id=item_id, body=None, reason=reason, external_id=exposure.external_id
                )  # fmt: skip
            return
        made = (self.annex, pull, title, exposure.external_id, exposure.thumbnails)
        item = ItemChange(
            list=own,
            id=title.id,
            body=orjson.dumps(title_item_of(*made)),
            external_id=exposure.external_id,
            show_id=title.show_id or "",
            season_number=title.season_number,
            tags=title.tags,
            geo=tuple(country.lower() for country in title.geo),
            langs=(title.lang,) if title.lang else (),
            end_ms=milliseconds(exposure.closes_at),
        )
        yield item
        if pull.scope.sources:
            yield replace(item, list=ListName.ENTRIES, id=entry_id, body=orjson.dumps(entry_of(*made)))

    def _of_series(self, pull: PullChannel, show_id: str, state: _SeriesState) -> ItemChange:
        series = state.series
        if series is None:
            return ItemChange(list=ListName.SHOWS, id=show_id, body=None, reason=WITHDRAWN)
        return ItemChange(
            list=ListName.SHOWS,
            id=show_id,
            body=orjson.dumps(series_item_of(self.annex, pull, series)),
            tags=series.tags,
            geo=tuple(country.lower() for country in series.geo),
            langs=tuple(sorted(state.langs)),
            end_ms=state.end_ms,
        )


def _fits(change: ItemChange) -> bool:
    """Whether a generation can hold the item; one that it cannot is left out, and the exposure check misses it."""
    try:
        check_item(change)
    except ItemRefused as error:
        log.warning("%s; it is not exposed", error)
        return False
    return True


def _add(series: dict[str, _SeriesState], exposure: Exposure) -> None:
    title = exposure.title
    if title is not None and title.show_id and title.series is not None:
        series.setdefault(title.show_id, _SeriesState()).add(title, exposure.closes_at)


def milliseconds(at: datetime | None) -> int | None:
    """Unix time in milliseconds."""
    return None if at is None else int(at.timestamp() * 1000)
