"""The item that a finding is about: the innermost one that contains the spot and has an id."""

from __future__ import annotations

from typing import Any

NESTED = frozenset({"seasons", "episodes"})
BELOW_AN_ITEM = ("/seasons/", "/episodes/")


def id_at(item: Any, path: str) -> str | None:
    """The id of the episode, or else of the item, that contains this spot; None if they have no id."""
    found = _id_of(item)
    if not path.startswith(BELOW_AN_ITEM):  # nearly every one of a million findings
        return found
    parts = path.split("/")[1:]
    while len(parts) > 1 and parts[0] in NESTED and isinstance(item, dict):
        entries = item.get(parts[0])
        index = int(parts[1]) if parts[1].isdecimal() else -1
        item = entries[index] if isinstance(entries, list) and 0 <= index < len(entries) else None
        found = _id_of(item) or found
        parts = parts[2:]
    return found


def _id_of(item: Any) -> str | None:
    name = item.get("id") if isinstance(item, dict) else None
    return name if isinstance(name, str) else None
