"""Fields of JW Player's JSON, which is foreign: texts, numbers and moments within bounds, never an exception."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from edye_delivery.clients.secret_mask import SecretMask

MEDIA_ID = re.compile(r"[A-Za-z0-9]{8}", re.ASCII)
TEXT_MAX_CHARS, KEY_MAX_CHARS, MOMENT_MAX_CHARS = 2_000, 200, 64
LIST_MAX = 500
"""Tags, custom parameters or files of one media that are read; what comes after them is left out."""
NUMBER_MAX = 2**53
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def media_id_of(value: Any) -> str | None:
    """An id by the contract, 8 letters and digits; None for anything else."""
    return value if isinstance(value, str) and MEDIA_ID.fullmatch(value) else None


def text_of(value: Any, mask: SecretMask, max_chars: int = TEXT_MAX_CHARS) -> str:
    """A text, secrets hidden, cut, such that UTF-8 can hold it; numbers as they are written, anything else empty."""
    if value in ("", None):
        return ""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= NUMBER_MAX:
        return str(value)
    if not isinstance(value, str):
        return ""
    text = mask.mask(value[:max_chars])
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def texts_of(value: Any, mask: SecretMask) -> tuple[str, ...]:
    """Texts of a list, or of a text with commas, without blank ones."""
    parts = value[: TEXT_MAX_CHARS * 4].split(",") if isinstance(value, str) else value
    if not isinstance(parts, list):
        return ()
    texts = (text_of(part, mask).strip() for part in parts[:LIST_MAX])
    return tuple(text for text in texts if text)


def params_of(value: Any, mask: SecretMask, left_out: frozenset[str] = frozenset()) -> Mapping[str, str]:
    """Custom parameters: the texts and numbers of an object."""
    if not isinstance(value, dict):
        return {}
    return {
        text_of(name, mask, KEY_MAX_CHARS): text_of(one, mask)
        for name, one in list(value.items())[:LIST_MAX]
        if name not in left_out and isinstance(one, str | int | float) and not isinstance(one, bool)
    }


def whole_of(value: Any) -> int | None:
    """A whole number from 0, within what every JSON reader agrees on."""
    number = number_of(value)
    return int(number) if number is not None else None


def number_of(value: Any) -> float | None:
    """A number from 0 that is finite; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value if 0 <= value <= NUMBER_MAX else None


def moment_of(value: Any) -> datetime | None:
    """A moment in UTC, from ISO 8601 (without a zone: UTC) or unix seconds; None where it is none."""
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return EPOCH + timedelta(seconds=value)
        if isinstance(value, str) and len(value) <= MOMENT_MAX_CHARS:
            at = datetime.fromisoformat(value.strip())
            return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return None
