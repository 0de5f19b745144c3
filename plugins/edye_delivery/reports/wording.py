"""Figures and foreign text as people read them: with units and months, and with every character visible."""

from __future__ import annotations

from datetime import UTC, datetime

from edye_delivery.catalog.printable import spell_out

SHOWN_MAX_CHARS = 1000
JOINERS = "\u200c\u200d"  # needed in emoji and in several scripts
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def human_bytes(size_bytes: int) -> str:
    """The size in decimal units with three figures at most: 999 B, 12.4 MB."""
    size = float(size_bytes)
    for unit in ("B", "kB", "MB", "GB"):
        if size < 999.5:
            return f"{size:.0f} {unit}" if unit == "B" or size >= 99.95 else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:,.1f} TB"


def human_seconds(seconds: float) -> str:
    """The duration in its two largest units: 4.2 s, 3 min 12 s, 1 h 05 min."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole_s = round(seconds)
    if whole_s < 3600:
        return f"{whole_s // 60} min {whole_s % 60:02} s"
    whole_min = round(seconds / 60)
    return f"{whole_min // 60:,} h {whole_min % 60:02} min"


def human_moment(moment: str) -> str:
    """An RFC 3339 moment in UTC for people: 1 Mar 2026, 06:00 UTC; with seconds unless they are 0."""
    at = datetime.fromisoformat(moment).astimezone(UTC)
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{at.day} {MONTHS[at.month - 1]} {at.year}, {clock} UTC"


def seconds_between(start: str, end: str) -> float:
    """The seconds from one RFC 3339 moment to a later one, never below 0."""
    return max(0.0, (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds())


def sentence(text: str) -> str:
    """The text with a capital letter at its start."""
    return text[:1].upper() + text[1:]


def visible(text: str) -> str:
    """As `printable`, for a page: joiners stay, because a browser draws them; a cut text says how long it is in all."""
    shown = spell_out(text[:SHOWN_MAX_CHARS], JOINERS)
    return f"{shown}… ({len(text):,} characters in all)" if len(text) > SHOWN_MAX_CHARS else shown
