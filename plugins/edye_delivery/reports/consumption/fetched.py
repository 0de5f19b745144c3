"""Which of the exposed titles a partner was handed, by the spans that its calls handed out."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

from edye_delivery.catalog.consumption import ExposedTitle, Fetched, HandedOut

NAMED_MAX = 1000
Key = tuple[int, str]


class _Titles:
    """The titles of one list in its order, and how many spans have begun or ended at each."""

    def __init__(self, titles: Iterable[ExposedTitle]) -> None:
        self.titles = sorted(titles, key=_key)
        self.keys = [_key(title) for title in self.titles]
        self._steps = array("q", bytes(8 * (len(self.titles) + 1)))

    def places(self, span: HandedOut) -> range:
        """The places of the titles in the span."""
        return range(bisect_left(self.keys, span.first), bisect_right(self.keys, span.last))

    def mark(self, places: range) -> None:
        """Notes that the titles at these places were handed out."""
        if places:
            self._steps[places.start] += 1
            self._steps[places.stop] -= 1

    def not_fetched(self) -> list[ExposedTitle]:
        """The titles that no span has."""
        return [title for title, spans in zip(self.titles, accumulate(self._steps), strict=False) if not spans]


def fetched_of(exposed: Iterable[ExposedTitle], spans: Iterable[HandedOut]) -> Fetched:
    """How many exposed titles and tombstones were handed out as they are now; 1000 of the others are named.

    A page whose span has more exposed titles than it handed out was filtered, so nobody knows which ones it had: it
    does not count. Only a delta hands out tombstones.
    """
    lists: dict[tuple[str, bool], list[ExposedTitle]] = {}
    for title in exposed:
        lists.setdefault((title.list, title.is_removed), []).append(title)
    titles = {key: _Titles(members) for key, members in lists.items()}
    nothing = _Titles(())
    for span in spans:
        live, removed = (titles.get((span.list, is_removed), nothing) for is_removed in (False, True))
        live_places = live.places(span)
        removed_places = removed.places(span) if span.is_delta else range(0)
        if len(live_places) + len(removed_places) <= span.items:
            live.mark(live_places)
            removed.mark(removed_places)
    missing = {key: members.not_fetched() for key, members in titles.items()}
    live_missing = [
        title for (_, is_removed), members in sorted(missing.items()) if not is_removed for title in members
    ]
    exposed_count, tombstones = (
        sum(len(members) for (_, is_removed), members in lists.items() if is_removed is removed)
        for removed in (False, True)
    )
    tombstones_missing = sum(len(members) for (_, is_removed), members in missing.items() if is_removed)
    return Fetched(
        exposed=exposed_count,
        handed_out=exposed_count - len(live_missing),
        not_fetched=tuple(live_missing[:NAMED_MAX]),
        tombstones=tombstones,
        tombstones_handed_out=tombstones - tombstones_missing,
    )


def _key(title: ExposedTitle) -> Key:
    return title.updated_at_ms, title.item_id
