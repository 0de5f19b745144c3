"""The catalogue as it is served now: items with absolute URLs, which the admin service may change."""

from __future__ import annotations

import threading
from typing import Any

from sandbox.moments import parse_rfc3339

Item = dict[str, Any]
_URL_KEYS = ("file", "url")


class CatalogueError(ValueError):
    """A catalogue says something that cannot be served; the text says what and where."""


class Board:
    """The served items of both lists, sorted by (updated_at, id). Safe across threads."""

    def __init__(self, media_url: str = "") -> None:
        self._lock = threading.Lock()
        self._media_url = media_url
        self._lists: dict[str, list[Item]] = {"shows": [], "episodes": []}

    def replace(self, shows: list[Item], episodes: list[Item]) -> None:
        """Serve these items in the place of all others."""
        lists = {"shows": shows, "episodes": episodes}
        fresh = {key: sorted(map(self._checked, items), key=_order) for key, items in lists.items()}
        with self._lock:
            self._lists = fresh

    def merge(self, item_id: str, changes: Item) -> Item | None:
        """Merge fields into one item and return it; None where no item has this id."""
        with self._lock:
            for key, items in self._lists.items():
                for at, item in enumerate(items):
                    if item["id"] == item_id:
                        merged = self._checked({**item, **changes, "id": item_id})
                        self._lists[key] = sorted([*items[:at], merged, *items[at + 1 :]], key=_order)
                        return merged
        return None

    def listing(self, key: str) -> list[Item]:
        """Return the items of `shows` or `episodes`; treat them as frozen."""
        with self._lock:
            return self._lists[key]

    def _checked(self, item: Any) -> Item:
        if not isinstance(item, dict) or not isinstance(item.get("id"), str):
            raise CatalogueError(f"an item is a JSON object with a text 'id', not {str(item)[:80]}")
        try:
            parse_rfc3339(item.get("updated_at", ""))
        except (ValueError, TypeError) as exc:
            raise CatalogueError(f"updated_at of item {item['id']} must be an RFC 3339 time: {exc}") from exc
        absolute: Item = self._absolute(item)
        return absolute

    def _absolute(self, value: Any) -> Any:
        """Return the value with every path of the media host made a whole URL."""
        if isinstance(value, dict):
            return {
                key: self._media_url + inner
                if key in _URL_KEYS and isinstance(inner, str) and inner.startswith("/")
                else self._absolute(inner)
                for key, inner in value.items()
            }
        return [self._absolute(one) for one in value] if isinstance(value, list) else value


def _order(item: Item) -> tuple[Any, str]:
    return parse_rfc3339(item["updated_at"]), item["id"]
