"""Accepted titles sorted into shows, and each show's titles into their language versions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Series, Title
from edye_delivery.catalog.vocabulary import TitleKind


@dataclass(frozen=True, slots=True)
class Versions:
    """The language versions of one title; they are one item of a feed."""

    entries: tuple[Accepted, ...]
    titles: tuple[Title, ...]

    @classmethod
    def of(cls, entries: Iterable[Accepted]) -> Versions:
        """The versions, by language."""
        listed = tuple(entries)
        return cls(listed, tuple(entry.title for entry in listed))

    @property
    def external_id(self) -> str:
        """The first version's external_id, for notes about all of them."""
        return self.entries[0].external_id


@dataclass(frozen=True, slots=True)
class Show:
    """All titles with one title_id."""

    items: tuple[Versions, ...]

    @property
    def title_id(self) -> str:
        """The title_id that they share."""
        return self.items[0].titles[0].title_id

    @property
    def series(self) -> Series | None:
        """The series as its newest accepted episode describes it; None if the titles are not episodes."""
        known = [title.series for versions in self.items for title in versions.titles if title.series is not None]
        return max(known, key=lambda series: series.updated_at, default=None)


def shows_of(accepted: Iterable[Accepted]) -> Iterator[Show]:
    """The shows of titles that come in the ledger's order; only one show at a time is in memory."""
    for _, entries in groupby(accepted, key=lambda entry: entry.title.title_id):
        yield Show(tuple(Versions.of(same) for _, same in groupby(entries, key=lambda entry: _place(entry.title))))


def seasons_of(items: Sequence[Versions]) -> list[int]:
    """The season numbers of a show's episodes."""
    numbers = {versions.titles[0].season_number for versions in items}
    return sorted(number for number in numbers if number is not None)


def _place(title: Title) -> tuple[TitleKind, int | None, int | None]:
    return title.kind, title.season_number, title.episode_number if title.kind is TitleKind.EPISODE else None
