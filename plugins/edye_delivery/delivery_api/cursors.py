"""Cursors and checkpoints: opaque to a partner, signed, and valid only for the partner and the list that they name."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from enum import StrEnum

from msgspec import msgpack

from edye_delivery.delivery_api.generations.values import NO_FILTERS, Filters
from edye_delivery.delivery_api.parameters import bad_parameters, given
from edye_delivery.delivery_api.problems import ParameterError, Problem

SIGNATURE_BYTES = 16
KEY_BYTES = 32
LETTERS = {"tag": "t", "geo": "g", "lang": "l", "show_id": "s", "season_number": "n"}
NAMES = {letter: name for name, letter in LETTERS.items()}


class CursorKind(StrEnum):
    """What a cursor is for."""

    NEXT = "n"
    CHECKPOINT = "c"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a reader is in a list.

    A NEXT pins a generation and says after how many items the page begins; `since_ms` is the first millisecond of a
    delta, and None in a full list. A CHECKPOINT has the generation that was read, and the millisecond after it.
    """

    kind: CursorKind
    generation: int
    page_size: int
    filters: Filters = NO_FILTERS
    first: int = 0
    since_ms: int | None = None


class CursorCodec:
    """Writes and reads cursors with the key of this installation."""

    def __init__(self, key: bytes) -> None:
        if len(key) < KEY_BYTES:
            raise ValueError(f"the key of the cursors has {len(key)} bytes, and needs {KEY_BYTES}")
        self._key = key

    def write(self, partner: str, list_name: str, cursor: Cursor) -> str:
        """The cursor as text that fits a URL, at most 512 characters."""
        filters = {LETTERS[name]: value for name, value in given(cursor.filters).items()}
        values = [cursor.kind.value, cursor.generation, cursor.page_size, cursor.first, cursor.since_ms]
        payload = msgpack.encode([*values, filters])
        return urlsafe_b64encode(self._signature(partner, list_name, payload) + payload).rstrip(b"=").decode()

    def read(self, partner: str, list_name: str, text: str) -> Cursor:
        """The cursor; Problem where it was not written by `write` for this partner and list."""
        try:
            whole = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (NotBase64, ValueError):
            raise _foreign() from None
        signature, payload = whole[:SIGNATURE_BYTES], whole[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(partner, list_name, payload)):
            raise _foreign()
        kind, generation, page_size, first, since_ms, filters = msgpack.decode(payload)
        found = Filters(**{NAMES[letter]: value for letter, value in filters.items()})
        return Cursor(CursorKind(kind), generation, page_size, found, first, since_ms)

    def _signature(self, partner: str, list_name: str, payload: bytes) -> bytes:
        told = b"\0".join((partner.encode(), list_name.encode(), payload))
        return hmac.digest(self._key, told, "sha256")[:SIGNATURE_BYTES]


def _foreign() -> Problem:
    detail = "is not one that this list has given to you: use a page's `next` or `checkpoint` as it is"
    return bad_parameters([ParameterError("cursor", detail)])
