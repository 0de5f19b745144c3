"""What one question to a list asks for, page by page: bytes of items, never parsed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import orjson

from edye_delivery.delivery_api.generations.base import external_id_of
from edye_delivery.delivery_api.generations.build_list import tombstone
from edye_delivery.delivery_api.generations.chosen import Chosen
from edye_delivery.delivery_api.generations.index_file import Rows
from edye_delivery.delivery_api.generations.list_files import ListFiles, in_sorted
from edye_delivery.delivery_api.generations.values import PageBytes, Reason, key_of, moment_text


@dataclass(frozen=True, slots=True)
class Tail:
    """Rows that a delta names at its end as deleted since the generation was exposed, each with its reason."""

    rows: tuple[int, ...] = ()
    reasons: tuple[Reason, ...] = ()


class Selection:
    """The answer to one question, numbered from 0 to `size`.

    The numbers never change for a generation, so that a reader can go on where he was: an item that is hidden
    meanwhile leaves its number empty, and a page has fewer items. `total` is the number of items that are seen.
    `state` names what is hidden: an ETag has to change with it.
    """

    def __init__(
        self,
        files: ListFiles,
        chosen: Chosen,
        hidden: Rows,
        tail: Tail,
        as_of_ms: int,
        state: str,
        left_because: Reason,
    ) -> None:
        self._files, self._chosen, self._hidden, self._tail = files, chosen, hidden, tail
        self._as_of_ms, self._left_because = as_of_ms, left_because
        self.state = state
        self.size = chosen.size + len(tail.rows)
        self.total = self.size - chosen.number_among(hidden)

    def page(self, first: int, count: int) -> PageBytes:
        """The items from one number on, at most so many."""
        rows = self._chosen.rows(first, count) if first < self._chosen.size else self._chosen.rows(0, 0)
        if len(self._hidden):
            rows = rows[~in_sorted(rows, self._hidden)]
        pieces = self._pieces(rows)
        keys = [self._key(int(row)) for row in rows[[0, -1]]] if len(rows) else []
        past = max(0, first - self._chosen.size)
        asked = first + count - self._chosen.size
        for row, reason in list(zip(self._tail.rows, self._tail.reasons, strict=True))[past : max(past, asked)]:
            pieces.append(self._tombstone_body(row, reason, self._as_of_ms))
            keys.append(key_of(self._as_of_ms, self._id(row)))
        if not pieces:
            return PageBytes(b"", 0)
        items = len(rows) + max(0, min(asked, len(self._tail.rows)) - past)
        return PageBytes(b",".join(pieces), items, min(keys), max(keys))  # the tail is not in their order

    def _pieces(self, rows: Rows) -> list[bytes]:
        is_deleted = self._chosen.is_told_as_deleted(rows)
        if not is_deleted.any():
            return list(self._files.pieces(rows))
        pieces: list[bytes] = []
        for cut in np.split(np.arange(len(rows)), np.flatnonzero(np.diff(is_deleted)) + 1):
            if is_deleted[cut[0]]:
                pieces += [self._left(int(row)) for row in rows[cut]]
            else:
                pieces += self._files.pieces(rows[cut])
        return pieces

    def _left(self, row: int) -> bytes:
        segment, number = self._files.place_of(row)
        return self._tombstone_body(row, self._left_because, segment.updated_ms(number))

    def _tombstone_body(self, row: int, reason: Reason, updated_ms: int) -> bytes:
        item = next(self._files.pieces(np.array([row], np.uint32)))
        body = tombstone(self._id(row), reason, external_id_of(item))
        return body[:-1] + b',"updated_at":' + orjson.dumps(moment_text(updated_ms)) + b"}"

    def _id(self, row: int) -> str:
        segment, number = self._files.place_of(row)
        return segment.id_of(number)

    def _key(self, row: int) -> str:
        segment, number = self._files.place_of(row)
        return key_of(segment.updated_ms(number), segment.id_of(number))
