"""What readers filter items by, while items are collected: equal combinations of values are kept once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

import numpy as np

from edye_delivery.delivery_api.generations.index_file import Array, Rows
from edye_delivery.delivery_api.generations.postings import EVERYWHERE, term_of
from edye_delivery.delivery_api.generations.values import ItemChange

Values = tuple[object, ...]
Combination = tuple[Values, ...]


class Facets:
    """What the items of a list are filtered by, in the order they come; columns of numbers keep memory small."""

    def __init__(self) -> None:
        self._combinations: dict[Combination, tuple[int, bytes]] = {}
        self._shows: dict[Values, int] = {}
        self._seasons: dict[Values, int] = {}
        self._columns = (array("I"), array("I"), array("I"))

    def told(self, change: ItemChange) -> bytes:
        """Bytes that are the same for the same values in every process."""
        _, told = self._combination(change.tags, change.geo, change.langs)
        return b"%b\0%b\0%a" % (told, change.show_id.encode(errors="surrogatepass"), change.season_number)

    def add(self, change: ItemChange) -> None:
        """Takes the values of the next item."""
        number, _ = self._combination(change.tags, change.geo or (EVERYWHERE,), change.langs)
        shows = (change.show_id,) if change.show_id else ()
        seasons = () if change.season_number is None else (change.season_number,)
        self._add(number, shows, seasons)

    def add_nothing(self) -> None:
        """The next item has no values: it is a tombstone."""
        self._add(self._combination((), (), ())[0], (), ())

    def postings(self, order: Array) -> dict[int, Rows]:
        """For the term of each value: the sorted rows of the items that have it; `order` is of the items as taken."""
        by_row = [np.frombuffer(column, np.uint32)[order] for column in self._columns]
        found: dict[int, Rows] = {}
        for place, name in enumerate(("tag", "geo", "lang")):
            distinct: dict[Values, int] = {}
            numbers = np.array(
                [distinct.setdefault(values[place], len(distinct)) for values in self._combinations], np.uint32
            )
            found.update(_postings(name, distinct, numbers[by_row[0]]))
        found.update(_postings("show_id", self._shows, by_row[1]))
        found.update(_postings("season_number", self._seasons, by_row[2]))
        return found

    def _combination(self, *values: Values) -> tuple[int, bytes]:
        known = self._combinations.get(values)
        if known is None:
            told = repr(values).encode(errors="surrogatepass")
            known = self._combinations[values] = (len(self._combinations), told)
        return known

    def _add(self, combination: int, shows: Values, seasons: Values) -> None:
        self._columns[0].append(combination)
        self._columns[1].append(self._shows.setdefault(shows, len(self._shows)))
        self._columns[2].append(self._seasons.setdefault(seasons, len(self._seasons)))


def _postings(name: str, distinct: dict[Values, int], numbers: Array) -> Iterator[tuple[int, Rows]]:
    by_number = np.argsort(numbers, kind="stable").astype(np.uint32)
    starts = np.searchsorted(numbers[by_number], np.arange(len(distinct) + 1))
    having: dict[object, list[int]] = {}
    for values, number in distinct.items():
        for value in set(values):
            having.setdefault(value, []).append(number)
    for value, its_numbers in having.items():
        parts = [by_number[starts[number] : starts[number + 1]] for number in its_numbers]
        rows = parts[0] if len(parts) == 1 else np.sort(np.concatenate(parts))
        if len(rows):
            yield term_of(name, value), rows
