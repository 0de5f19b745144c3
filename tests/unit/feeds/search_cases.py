"""What a case of a Search feed rule is: a clean feed, a change that breaks exactly this rule, one just at its limit."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edye_delivery.feeds.roku.schemas import Profile
from tests.unit.feeds.search_feeds import Json, a_search_feed, encoded

Pages = list[Any]
Change = Callable[[Pages], None]


@dataclass(frozen=True, slots=True)
class Case:
    """Several cases of a rule differ in `what`."""

    code: str
    broken: Change
    limit: Change
    what: str = ""
    feed: Callable[[], Pages] = a_search_feed
    profile: Profile = Profile.SCHEMA

    @property
    def id(self) -> str:
        return f"{self.code}-{self.what}" if self.what else self.code

    def changed(self, change: Change) -> Pages:
        pages = copy.deepcopy(self.feed())
        change(pages)
        return pages


def _parent(asset: Json, path: str) -> tuple[Any, Any]:
    *parents, last = [int(part) if part.isdecimal() else part for part in path.split("/")]
    spot: Any = asset
    for part in parents:
        spot = spot[part]
    return spot, last


def asset_of(pages: Pages, name: str) -> Json:
    return next(asset for page in pages for asset in page["assets"] if asset.get("id") == name)


def put(name: str, path: str, value: Any) -> Change:
    """The asset of this id has this value at this path; the index after the last one of a list adds one."""

    def change(pages: Pages) -> None:
        parent, last = _parent(asset_of(pages, name), path)
        if isinstance(parent, list) and last == len(parent):
            parent.append(None)
        parent[last] = copy.deepcopy(value)

    return change


def drop(name: str, path: str) -> Change:
    """The asset of this id has nothing at this path."""

    def change(pages: Pages) -> None:
        parent, last = _parent(asset_of(pages, name), path)
        del parent[last]

    return change


def root(key: str, value: Any) -> Change:
    """All pages have this at their root."""

    def change(pages: Pages) -> None:
        for page in pages:
            page[key] = copy.deepcopy(value)

    return change


def no_root(key: str) -> Change:
    """No page has this at its root."""

    def change(pages: Pages) -> None:
        for page in pages:
            page.pop(key, None)

    return change


def page_root(number: int, key: str, value: Any) -> Change:
    """One page alone has this at its root."""

    def change(pages: Pages) -> None:
        pages[number - 1][key] = value

    return change


def no_asset(name: str) -> Change:
    """The feed is without this asset."""

    def change(pages: Pages) -> None:
        for page in pages:
            page["assets"] = [asset for asset in page["assets"] if asset.get("id") != name]

    return change


def written(old: str, new: str) -> Change:
    """The first page's bytes have this instead of that."""

    def change(pages: Pages) -> None:
        content = encoded(pages[0])
        assert content.count(old.encode()) == 1
        pages[0] = content.replace(old.encode(), new.encode())

    return change


def padded(size_bytes: int) -> Change:
    """The first page is as large as this."""

    def change(pages: Pages) -> None:
        before, opening, after = encoded(pages[0]).partition(b'"assets": [')
        pages[0] = before + opening + after.rjust(size_bytes - len(before) - len(opening))

    return change


def both(*changes: Change) -> Change:
    """All of these, one after the other."""

    def change(pages: Pages) -> None:
        for each in changes:
            each(pages)

    return change


def nothing(pages: Pages) -> None:
    """The clean feed itself is at the limit."""
