"""One list of a generation while it is built: compares what a publisher hands over with the base."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import orjson

from edye_delivery.delivery_api.generations.base import BaseList, BaseSegment
from edye_delivery.delivery_api.generations.postings import hash_of
from edye_delivery.delivery_api.generations.spool import Spool
from edye_delivery.delivery_api.generations.values import ItemChange, ListChanges, Reason
from edye_delivery.errors import ItemRefused

ID_MAX_CHARS = 200
DIGEST_BYTES = 16


class ListBuild:
    """Sorts changes into added, changed, removed and unchanged ones, and spools what readers have to be told."""

    def __init__(self, base: BaseList, path: Path, as_of_ms: int, now_ms: int) -> None:
        self.base, self.spool = base, Spool(path, as_of_ms)
        self._now_ms = now_ms
        self._added = self._changed = self._removed = self._unchanged = 0

    @property
    def changes(self) -> ListChanges:
        """How many items of each kind there were."""
        return ListChanges(self._added, self._changed, self._removed, self._unchanged)

    def take(self, changes: Sequence[ItemChange]) -> None:
        """Compares some changes with the base; ItemRefused where one cannot be in a generation."""
        for change in changes:
            check_item(change)
        hashes = [hash_of(change.id) for change in changes]
        found = self.base.candidates(hashes) if self.base.segments else {}
        for number, (change, item_hash) in enumerate(zip(changes, hashes, strict=True)):
            self._take_one(change, item_hash, found.get(number, ()))

    def remove_others(self) -> None:
        """All items of the base that were not handed over leave."""
        for base, row in self.base.not_seen():
            self._remove_row(base, row, Reason.DELETED)

    def remove_ended(self) -> None:
        """All items of the base whose end has come leave."""
        for base, row in self.base.ended(self._now_ms):
            self._remove_row(base, row, Reason.WINDOW_ENDED)

    def _take_one(self, change: ItemChange, item_hash: int, found: Sequence[tuple[BaseSegment, int]]) -> None:
        has_ended = change.end_ms is not None and change.end_ms <= self._now_ms
        body = None if has_ended else change.body
        digest = digest_of(change, self.spool.facets.told(change))
        for base, row in found:
            is_same = not base.is_tombstone[row] and base.digest(row) == digest
            if is_same or base.segment.id_of(row) == change.id:
                break
        else:
            if body is not None:
                self._added += 1
                self.spool.add(change, body, item_hash, digest, is_revised=False)
            return
        if base.is_seen[row]:
            raise ItemRefused(f"{change.id} comes twice in {change.list} of a publication: hand it over once")
        base.is_seen[row] = True
        if body is None:
            self._leave(change, base, row)
        elif is_same:
            self._unchanged += 1
        else:
            self._added += bool(base.is_tombstone[row])
            self._changed += not base.is_tombstone[row]
            base.supersede(row)
            self.spool.add(change, body, item_hash, digest, is_revised=True)

    def _leave(self, change: ItemChange, base: BaseSegment, row: int) -> None:
        if base.is_tombstone[row]:
            self._unchanged += 1
            return
        reason = Reason(change.reason) if change.body is None else Reason.WINDOW_ENDED
        self._remove(base, row, change.id, reason, change.external_id)

    def _remove_row(self, base: BaseSegment, row: int, reason: Reason) -> None:
        self._remove(base, row, base.segment.id_of(row), reason, "")

    def _remove(self, base: BaseSegment, row: int, item_id: str, reason: Reason, external_id: str) -> None:
        self._removed += 1
        base.supersede(row)
        body = tombstone(item_id, reason, external_id or base.external_id(row))
        self.spool.add_tombstone(body, item_id.encode(), hash_of(item_id))


def check_item(change: ItemChange) -> None:
    """Raises ItemRefused for what no generation can hold; the message says what is wrong with it."""
    if not 0 < len(change.id) <= ID_MAX_CHARS or not change.id.isprintable():
        raise ItemRefused(f"{change.id!r:.220} in {change.list} is no id: 1 to {ID_MAX_CHARS} printable characters")
    if change.body is None:
        if change.reason not in set(Reason):
            raise ItemRefused(f"{change.id} left {change.list} for the reason {change.reason!r:.40}, not one we know")
    elif not (change.body.startswith(b'{"') and change.body.endswith(b"}")):
        raise ItemRefused(f"the body of {change.id} in {change.list} is not a JSON object with a key")


def digest_of(change: ItemChange, facets: bytes) -> bytes:
    """What an unchanged item is known by: its id and bytes, what readers filter it by, and its end."""
    digest = hashlib.blake2b(change.body or b"", digest_size=DIGEST_BYTES)
    digest.update(b"%b\0%b\0%a" % (change.id.encode(), facets, change.end_ms))
    return digest.digest()


def tombstone(item_id: str, reason: Reason, external_id: str) -> bytes:
    """What a delta says of an item that left, without updated_at."""
    named = {"id": item_id} | ({"external_id": external_id} if external_id else {})
    return orjson.dumps({**named, "deleted": True, "reason": str(reason)})


def holes_of(base: BaseSegment) -> bytes:
    """The superseded rows as the file of holes has them."""
    return np.flatnonzero(base.is_hole).astype("<u4").tobytes()
