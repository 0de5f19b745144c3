"""What readers filter items by, while items are collected: equal combinations of values are kept once."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import count

import numpy as np

from edye_delivery.delivery_api.generations.index_file import Array, Rows
from edye_delivery.delivery_api.generations.postings import EVERYWHERE, term_of
from edye_delivery.delivery_api.generations.values import ItemChange

NAMES = ("tag", "geo", "lang", "show_id", "season_number")
Values = tuple[object, ...]


class Facets:
    """Numbers for combinations of tags, countries, languages, show and season, in the order they come."""

    def __init__(self) -> None:
        self._known: dict[Values, tuple[int, bytes]] = {}
        self._values: list[tuple[Values, ...]] = []

    def number_of(self, change: ItemChange) -> tuple[int, bytes]:
        """The number of an item's combination, and bytes that are the same for the same values in every process."""
        key = (change.tags, change.geo, change.langs, change.show_id, change.season_number)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = (len(self._values), repr(key).encode(errors="surrogatepass"))
            shows = (change.show_id,) if change.show_id else ()
            seasons = () if change.season_number is None else (change.season_number,)
            self._values.append((change.tags, change.geo or (EVERYWHERE,), change.langs, shows, seasons))
        return known

    def nothing(self) -> int:
        """The number for an item without any value: a tombstone."""
        self._values.append(((),) * len(NAMES))
        return len(self._values) - 1

    def postings(self, numbers: Array) -> dict[int, Rows]:
        """For the term of each value: the sorted rows of the items that have it; `numbers` is by row."""
        found: dict[int, Rows] = {}
        for place, name in enumerate(NAMES):
            distinct: dict[Values, int] = {}
            next_number = count()
            of_combination = array("I", (0,)) * len(self._values)
            for combination, values in enumerate(self._values):
                known = distinct.get(values[place])
                if known is None:
                    known = distinct[values[place]] = next(next_number)
                of_combination[combination] = known
            found.update(_postings(name, distinct, np.frombuffer(of_combination, np.uint32)[numbers]))
        return found


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
