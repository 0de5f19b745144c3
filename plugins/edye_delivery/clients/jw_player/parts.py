"""Parts of a library: ranges of media ids, each small enough for one query of JW Player."""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

DIGITS = string.digits + string.ascii_uppercase + string.ascii_lowercase
"""In the order of their bytes, which is the order of ids."""
ID_CHARS = 8
LAST = len(DIGITS) ** ID_CHARS - 1
FULL = 7_500
"""How many media a part should have: under 10,000, with room, because ids are not spread evenly."""
PIECES_MAX = 64


@dataclass(frozen=True, slots=True)
class Part:
    """Ids from `first` to `last`, as numbers, both included; all ids where nothing is said."""

    first: int = 0
    last: int = LAST

    @property
    def q(self) -> str:
        """The query of this part; empty for the whole library, which needs none."""
        whole = self.first == 0 and self.last == LAST
        return "" if whole else f"id:[{id_of(self.first)} TO {id_of(self.last)}]"

    def stranger(self, media_ids: Iterable[str]) -> str | None:
        """The first media that does not belong to it."""
        first, last = id_of(self.first), id_of(self.last)
        return next((media_id for media_id in media_ids if not first <= media_id <= last), None)

    def pieces(self, total: int) -> Iterator[Part]:
        """It in two or more pieces, by how many media it has; one id cannot be cut any more and gives nothing."""
        count = min(PIECES_MAX, max(2, -(-total // FULL)), self.last - self.first + 1)
        if count < 2:
            return
        width = self.last - self.first + 1
        bounds = [self.first + width * number // count for number in range(count + 1)]
        for first, after in pairwise(bounds):
            yield Part(first, after - 1)


def id_of(number: int) -> str:
    """The id of this number."""
    signs = []
    for _ in range(ID_CHARS):
        number, rest = divmod(number, len(DIGITS))
        signs.append(DIGITS[rest])
    return "".join(reversed(signs))
