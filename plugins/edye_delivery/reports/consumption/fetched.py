"""Which of the exposed titles a partner was handed, by the spans that its calls handed out.

Of a title only its key is kept, packed: a million titles need some 40 MB. They are read again to be named.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate, islice

from edye_delivery.catalog.consumption import ExposedTitle, Fetched, HandedOut

NAMED_MAX = 1000
Key = tuple[int, str]


class _Keys:
    """The keys of one list, packed, and how many spans have begun or ended at each place in their order."""

    def __init__(self) -> None:
        self._moments, self._ends, self._ids = array("q"), array("q", [0]), bytearray()
        self._order: array[int] | range = range(0)
        self._steps: array[int] = array("q")
        self._is_sorted = True

    def add(self, key: Key) -> None:
        """Takes the next key; they need not come in order."""
        count = len(self._moments)
        self._is_sorted = self._is_sorted and (not count or self._read(count - 1) <= key)
        self._moments.append(key[0])
        self._ids += key[1].encode(errors="surrogatepass")
        self._ends.append(len(self._ids))

    def finish(self) -> None:
        """Ends the list; spans may be marked then."""
        every = range(len(self._moments))
        self._order = every if self._is_sorted else array("q", sorted(every, key=self._read))
        self._steps = array("q", bytes(8 * (len(every) + 1)))

    def places(self, span: HandedOut) -> range:
        """The places of the titles in the span."""
        first = bisect_left(self._order, span.first, key=self._read)
        return range(first, bisect_right(self._order, span.last, key=self._read))

    def mark(self, places: range) -> None:
        """Notes that the titles at these places were handed out."""
        if places:
            self._steps[places.start] += 1
            self._steps[places.stop] -= 1

    def marks(self) -> bytearray:
        """For each title, in the order in which they came, 1 where a span has it, else 0."""
        found = bytearray(len(self._moments))
        for number, spans in zip(self._order, accumulate(self._steps), strict=False):
            found[number] = bool(spans)
        return found

    def _read(self, number: int) -> Key:
        name = self._ids[self._ends[number] : self._ends[number + 1]]
        return self._moments[number], name.decode(errors="surrogatepass")


class HandedTitles:
    """The exposed titles and tombstones, and which of them were handed out as they are now.

    `exposed` gives them, each time the same in the same order.
    """

    def __init__(self, exposed: Callable[[], Iterable[ExposedTitle]]) -> None:
        self._exposed = exposed
        self._lists: dict[tuple[str, bool], _Keys] = {}
        for title in exposed():
            self._lists.setdefault((title.list, title.is_removed), _Keys()).add((title.updated_at_ms, title.item_id))
        for keys in self._lists.values():
            keys.finish()

    def mark(self, spans: Iterable[HandedOut]) -> Fetched:
        """Notes what the spans handed out; how many that were, with the first of those that no span has.

        A page whose span has more exposed titles than it handed out was filtered, so nobody knows which ones it had: it
        does not count. Only a delta hands out tombstones.
        """
        nothing = _Keys()
        for span in spans:
            live, removed = (self._lists.get((span.list, is_removed), nothing) for is_removed in (False, True))
            live_places = live.places(span)
            removed_places = removed.places(span) if span.is_delta else range(0)
            if len(live_places) + len(removed_places) <= span.items:
                live.mark(live_places)
                removed.mark(removed_places)
        handed = {key: keys.marks() for key, keys in self._lists.items()}
        exposed, tombstones = (
            [marks for (_, is_removed), marks in handed.items() if is_removed is removed] for removed in (False, True)
        )
        return Fetched(
            exposed=sum(map(len, exposed)),
            handed_out=sum(map(sum, exposed)),
            not_fetched=tuple(islice(self.unfetched_titles(), NAMED_MAX)),
            tombstones=sum(map(len, tombstones)),
            tombstones_handed_out=sum(map(sum, tombstones)),
        )

    def fetched_titles(self) -> Iterator[ExposedTitle]:
        """All titles that a span has, read again, in the order in which they are exposed."""
        return self._read(is_fetched=True)

    def unfetched_titles(self) -> Iterator[ExposedTitle]:
        """All titles that no span has, read again, in the order in which they are exposed."""
        return self._read(is_fetched=False)

    def _read(self, *, is_fetched: bool) -> Iterator[ExposedTitle]:
        lists = {name: keys.marks() for (name, is_removed), keys in self._lists.items() if not is_removed}
        if not any((1 if is_fetched else 0) in handed for handed in lists.values()):
            return
        marks = {name: iter(handed) for name, handed in lists.items()}
        for title in self._exposed():
            if not title.is_removed and bool(next(marks[title.list])) is is_fetched:
                yield title
