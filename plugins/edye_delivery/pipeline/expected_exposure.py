"""What a partner that pulls has to see, from the ledger: the expectation that the exposure check compares with.

The lists are not read here: the check reads them from outside.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from edye_delivery.annex.channels import pull_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull_item import entry_id_of
from edye_delivery.catalog.exposure import Expected, ExpectedItem, ExpectedThumbnail, RemovedItem, item_digest
from edye_delivery.catalog.vocabulary import ListName, TitleKind
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.errors import Transient
from edye_delivery.ledger.exposures import Exposure, ExposureChanges, Exposures
from edye_delivery.pipeline.exposed_items import ItemWriter, lists_of

KINDS = {
    ListName.EPISODES: (TitleKind.EPISODE,),
    ListName.SHOWS: (TitleKind.MOVIE, TitleKind.SPECIAL, TitleKind.SHORT),
    ListName.ENTRIES: (TitleKind.EPISODE, TitleKind.MOVIE, TitleKind.SPECIAL, TitleKind.SHORT),
}
NO_CHECKPOINTS: Mapping[ListName, str] = {}


class ExpectationOutdated(Transient):
    """What is offered has changed since the generation was published."""


@dataclass(frozen=True, slots=True)
class _Survey:
    """The number of items by list, the ids that are new, and the EDYE ids of the sample; None means all titles."""

    counts: dict[ListName, int]
    new_ids: set[str]
    sample: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Expectation:
    """Reads from the ledger what the pull channel of `annex` has to show at the moment `now`.

    The ledger has to be at `version` of the offer, that of the generation: else ExpectationOutdated. A title counts as
    new where it changed after the version `since` of the offer; None where the whole generation is.
    """

    annex: Annex
    exposures: Exposures
    now: datetime
    version: int
    since: int | None = None

    def of_generation(
        self, generation: int, checkpoints: Mapping[ListName, str] = NO_CHECKPOINTS, sample: int | None = None
    ) -> Expected:
        """All items of a generation, or a random sample of so many titles."""
        survey = self._survey(sample)
        return Expected(
            generation=generation,
            counts=survey.counts,
            items=self._items(survey),
            checkpoints=checkpoints,
            foreign_ids=self._foreign_ids(),
        )

    def _survey(self, sample: int | None) -> _Survey:
        """Goes through all titles once: counts the lists, notes what is new, chooses the sample."""
        pull = pull_channel_of(self.annex)
        lists = lists_of(pull)
        counts: Counter[ListName] = Counter()
        shows: set[str] = set()
        new_ids: set[str] = set()
        chosen: list[str] = []
        with self._all() as found:
            for seen, exposure in enumerate(found.exposures):
                title = exposure.title
                if sample is not None:
                    _keep_some(chosen, exposure.edye_id, seen, sample)
                if self._is_new(exposure):
                    new_ids |= {exposure.edye_id, entry_id_of(pull, exposure.edye_id)}
                if title is None:
                    continue
                counts[ListName.EPISODES if title.kind is TitleKind.EPISODE else ListName.SHOWS] += 1
                counts[ListName.ENTRIES] += 1
                if title.series is not None and title.show_id:
                    shows.add(title.show_id)
        counts[ListName.SHOWS] += len(shows)
        return _Survey({name: counts[name] for name in lists}, new_ids, None if sample is None else frozenset(chosen))

    @contextmanager
    def _all(self) -> Iterator[ExposureChanges]:
        with self.exposures.changes(None, None, self.now) as found:
            if found.version != self.version:
                raise ExpectationOutdated(
                    f"what {self.annex.display_name} is offered is at version {found.version} now, and its generation "
                    f"at version {self.version}"
                )
            yield found

    def _is_new(self, exposure: Exposure) -> bool:
        """Whether the generation shows the title differently than the one before; what no reader ever saw is not."""
        if self.since is None or exposure.version <= self.since:
            return False
        return exposure.title is not None or exposure.was_accepted

    def _items(self, survey: _Survey) -> Iterator[ExpectedItem | RemovedItem]:
        def chosen(exposures: Iterable[Exposure]) -> Iterator[Exposure]:
            return (one for one in exposures if survey.sample is None or one.edye_id in survey.sample)

        of_shows = None if survey.sample is None else lambda shows: self.exposures.of_shows(shows, self.now)
        with self._all() as found:
            for change in ItemWriter(self.annex, of_shows).changes(chosen(found.exposures)):
                if change.body is not None:
                    yield self._item(change, change.body, survey)
                elif change.reason:
                    yield RemovedItem(
                        list=ListName(change.list),
                        id=change.id,
                        reason=change.reason,
                        external_id=change.external_id,
                        is_new=change.id in survey.new_ids,
                    )

    def _item(self, change: ItemChange, body: bytes, survey: _Survey) -> ExpectedItem:
        item = orjson.loads(body)
        end_ms = change.end_ms
        return ExpectedItem(
            list=ListName(change.list),
            id=change.id,
            external_id=change.external_id,
            digest=item_digest(item),
            show_id=change.show_id,
            season_number=change.season_number,
            episode_number=item.get("episode_number"),
            tags=change.tags,
            geo=change.geo,
            closes_at=None if end_ms is None else datetime.fromtimestamp(end_ms / 1000, UTC),
            thumbnails=self._thumbnails() if change.external_id else (),
            is_new=change.id in survey.new_ids or (self.since is None and survey.sample is None),
        )

    def _thumbnails(self) -> tuple[ExpectedThumbnail, ...]:
        """What every playable title has to have, by the annex."""
        pull = pull_channel_of(self.annex)
        if not pull.scope.images:
            return ()
        sizes = {spec.name: spec for spec in self.annex.thumbnails}
        return tuple(
            ExpectedThumbnail(
                name=shown.name,
                width_px=sizes[shown.name].width_px,
                height_px=sizes[shown.name].height_px,
                watermark=sizes[shown.name].watermark,
                size=shown.size,
            )
            for shown in pull.thumbnails
        )

    def _foreign_ids(self) -> dict[ListName, str]:
        pull = pull_channel_of(self.annex)
        found = {name: self.exposures.foreign_id(kinds) for name, kinds in KINDS.items() if name in lists_of(pull)}
        edye_ids = {name: edye_id for name, edye_id in found.items() if edye_id is not None}
        return {
            name: entry_id_of(pull, edye_id) if name is ListName.ENTRIES else edye_id
            for name, edye_id in edye_ids.items()
        }


def _keep_some(chosen: list[str], edye_id: str, seen: int, sample: int) -> None:
    """Keeps a random sample of all ids so far (reservoir sampling)."""
    if len(chosen) < sample:
        chosen.append(edye_id)
    elif (place := random.randint(0, seen)) < sample:
        chosen[place] = edye_id
