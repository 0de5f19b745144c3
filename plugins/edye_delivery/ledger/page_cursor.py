"""Where a page of a list begins: a place between two rows, as text for an address; it says nothing of the filter."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from edye_delivery.errors import InvalidRequest

CURSOR_MAX_CHARS = 2000
TEXT_MAX_CHARS = 500
NO_TEXT = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
"""Characters that no name or id in the ledger has, and that PostgreSQL or UTF-8 refuses."""
DAMAGED = "the address of this page is damaged, or of an earlier version: go to the first page of the list"


@dataclass(frozen=True, slots=True)
class Cursor:
    """The rows after these values in the order of the list, or before them where it `is_backward`."""

    list_name: str
    values: tuple[Any, ...]
    is_backward: bool = False

    def text(self) -> str:
        """The cursor for an address: letters, digits, `-` and `_`."""
        content = orjson.dumps([self.list_name, self.is_backward, *map(_plain, self.values)])
        return base64.urlsafe_b64encode(content).decode().rstrip("=")


def cursor_of(text: str, list_name: str, types: Sequence[type]) -> Cursor:
    """The cursor of a list with values of these types; InvalidRequest where the text is none of this list."""
    try:
        if len(text) > CURSOR_MAX_CHARS:
            raise ValueError("too long")
        content = orjson.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, is_backward, *values = content
        if name != list_name or not isinstance(is_backward, bool) or len(values) != len(types):
            raise ValueError("another list")
        cursor = Cursor(name, tuple(_value(one, kind) for one, kind in zip(values, types, strict=True)), is_backward)
        if cursor.text() != text:
            raise ValueError("another way to write it")
        return cursor
    except (ValueError, TypeError, binascii.Error, OverflowError):
        raise InvalidRequest(DAMAGED) from None


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value


def _value(value: Any, kind: type) -> Any:
    if kind is int:
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
            raise ValueError("no number")
        return value
    if not isinstance(value, str) or len(value) > 2 * TEXT_MAX_CHARS or "\x00" in value:
        raise ValueError("no text")
    value.encode()  # a lone surrogate is no text for a database
    if kind is datetime:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise ValueError("no time zone")
        return at
    return bytes.fromhex(value) if kind is bytes else kind(value)
