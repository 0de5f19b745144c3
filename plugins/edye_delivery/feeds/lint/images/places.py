"""The pictures that a feed names, and the places that name them, collected while the feed is read."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum, auto
from typing import Any, NamedTuple

from edye_delivery.feeds.roku.vocabularies import MAIN_IMAGE_TYPES
from edye_delivery.feeds.rule import pointer

SEARCH_PLACE = "/assets/"
URLS_MAX = 10_000
USES_MAX = 200_000
"""At most so many places are remembered, so that a feed of a million titles does not need a gigabyte."""


class Role(Enum):
    """What a picture, or a file of pictures, is for; the rules depend on it."""

    MAIN = auto()
    OTHER = auto()
    THUMBNAIL = auto()
    TRICK_PLAY = auto()


class PictureUse(NamedTuple):
    """One place that names a picture: page, JSON pointer, asset id."""

    role: Role
    file: str
    path: str
    asset_id: str | None


class PicturePlaces:
    """The different URLs of a feed's pictures, each with its places; places above the limits are only counted."""

    def __init__(self, urls_max: int = URLS_MAX, uses_max: int = USES_MAX) -> None:
        self._urls_max, self._uses_max = urls_max, uses_max
        self._uses = 0
        self.of_url: dict[str, list[PictureUse]] = {}
        self.left_out = 0

    def on_item(self, page: str, place: str, item: Any) -> None:
        """Adds the pictures of an item; its place shows which kind of feed it is from."""
        if isinstance(item, dict):
            places_of = _of_asset if place.startswith(SEARCH_PLACE) else _of_direct_item
            for role, path, url, asset_id in places_of(item, place, _id_of(item, None)):
                self._add(url, PictureUse(role, page, path, asset_id))

    def _add(self, url: str, use: PictureUse) -> None:
        is_full = url not in self.of_url and len(self.of_url) >= self._urls_max
        if is_full or self._uses >= self._uses_max:
            self.left_out += 1
            return
        self._uses += 1
        self.of_url.setdefault(url, []).append(use)


Place = tuple[Role, str, str, str | None]


def _of_asset(item: dict[str, Any], place: str, asset_id: str | None) -> Iterator[Place]:
    for index, image in enumerate(_dicts(item.get("images"))):
        if isinstance(image.get("url"), str):
            role = Role.MAIN if image.get("type") in MAIN_IMAGE_TYPES else Role.OTHER
            yield role, place + pointer("images", index, "url"), image["url"], asset_id


def _of_direct_item(item: dict[str, Any], place: str, asset_id: str | None) -> Iterator[Place]:
    yield from _of_titled(item, place, asset_id)
    for key in ("seasons", "episodes"):
        for index, part in enumerate(_dicts(item.get(key))):
            yield from _below(part, place + pointer(key, index), _id_of(part, asset_id), key == "seasons")


def _below(part: dict[str, Any], place: str, asset_id: str | None, is_season: bool) -> Iterator[Place]:
    """A season or episode of a Direct feed; only a season may have episodes, so nesting has an end."""
    yield from _of_titled(part, place, asset_id)
    for index, episode in enumerate(_dicts(part.get("episodes"))) if is_season else ():
        yield from _below(episode, place + pointer("episodes", index), _id_of(episode, asset_id), False)


def _of_titled(part: dict[str, Any], place: str, asset_id: str | None) -> Iterator[Place]:
    """The thumbnails of the item itself, and the trickplay files of its content."""
    for key in ("thumbnail", "brandedThumbnail"):
        if isinstance(part.get(key), str):
            yield Role.THUMBNAIL, place + pointer(key), part[key], asset_id
    content = part.get("content")
    files = content.get("trickPlayFiles") if isinstance(content, dict) else None
    for index, file in enumerate(_dicts(files)):
        if isinstance(file.get("url"), str):
            yield Role.TRICK_PLAY, place + pointer("content", "trickPlayFiles", index, "url"), file["url"], asset_id


def _id_of(part: dict[str, Any], otherwise: str | None) -> str | None:
    return part["id"] if isinstance(part.get("id"), str) else otherwise


def _dicts(value: Any) -> list[dict[str, Any]]:
    """The list with an empty object for every entry that is not an object, so that the indexes stay right."""
    return [entry if isinstance(entry, dict) else {} for entry in value] if isinstance(value, list) else []
