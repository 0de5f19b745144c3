"""Times as the contracts write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

_RFC3339 = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d):(\d\d)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", re.ASCII)


def parse_rfc3339(text: str) -> datetime:
    """Return the aware UTC time of an RFC 3339 text, or raise ValueError."""
    match = _RFC3339.fullmatch(text)
    if not match or text[10] == " ":
        raise ValueError(f"not an RFC 3339 time: {text!r}")
    day, minute, second, fraction, zone = match.groups()
    second = "59" if second == "60" else second  # a leap second, which datetime cannot hold
    fraction = (fraction or "")[:7]
    zone = "+00:00" if zone in "Zz" else zone
    try:
        return datetime.fromisoformat(f"{day}T{minute}:{second}{fraction}{zone}").astimezone(UTC)
    except OverflowError as exc:
        raise ValueError(f"out of range: {text!r}") from exc


def rfc3339(epoch_s: float) -> str:
    """Return seconds since the epoch as an RFC 3339 text in UTC."""
    return datetime.fromtimestamp(epoch_s, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
