"""What a partner of a random market may read, said again from its annex alone: items, and the markers in each."""

from __future__ import annotations

import re
import uuid
from base64 import urlsafe_b64decode
from collections.abc import Iterable

from tests.unit.delivery_api.random_market import Described, Shelf, marker

MARKER = re.compile(rb"zq(\d\d)([a-y]+?)qz")
PARTNER = re.compile(rb"zp(\d)pz")
CURSOR = re.compile(rb'(?:cursor=|"checkpoint":")([A-Za-z0-9_-]+)')
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:edye:delivery")
LISTS = ("shows", "episodes", "entries")
Marks = frozenset[tuple[int, str]]
Items = dict[str, Marks]


def marks_in(content: bytes) -> Marks:
    """Every field of every title that these bytes show, also inside of a cursor."""
    content += b" ".join(urlsafe_b64decode(text + b"=" * (-len(text) % 4)) for text in CURSOR.findall(content))
    return frozenset((int(number), field.decode()) for number, field in MARKER.findall(content))


def partners_in(content: bytes) -> set[int]:
    """The numbers of the partners whose own words or names these bytes show."""
    return {int(number) for number in PARTNER.findall(content)}


def marks(number: int, *fields: str) -> Marks:
    """These fields of a title."""
    return frozenset((number, field) for field in fields)


def entry_id(shelf: Shelf, edye_id: str) -> str:
    """The id of a title's entry."""
    return str(uuid.uuid5(NAMESPACE, edye_id)) if shelf.has_uuids else edye_id


def own_marks(shelf: Shelf, number: int, *, is_series: bool = False) -> Marks:
    """What an item of the partner says of the title or series itself, by the annex's scope."""
    scope = shelf.scope
    fields = ["id", "name", "titles", *scope["external_ids"]]
    if scope["metadata"]:
        fields += ["short", "long", "tag", "rating"]
        fields += [] if shelf.has_own_words else ["genre"]
        fields += [] if is_series else ["caption"]
    if scope["images"]:
        fields += ["image"]
        fields += ["thumb"] if shelf.has_thumbnails and not is_series else []
    if scope["sources"] and not is_series:
        fields += ["source"]
    return marks(number, *fields)


def expected_items(shelf: Shelf, titles: Iterable[Described]) -> dict[str, Items]:
    """What each list has for these titles of the partner."""
    found: dict[str, Items] = {name: {} for name in LISTS}
    for title in titles:
        inherited: Marks = frozenset()
        if title.show is None:
            found["shows"][title.id] = own_marks(shelf, title.number)
        else:
            inherited = marks(title.show, "tag") if shelf.scope["metadata"] else frozenset()
            found["shows"][marker(title.show, "id")] = own_marks(shelf, title.show, is_series=True)
            item = own_marks(shelf, title.number) | marks(title.show, "id") | inherited
            found["episodes"][title.id] = item
        if shelf.scope["sources"]:
            without = {"short", "genre", "rating", "caption"} | ({"id"} if shelf.has_uuids else set())
            entry = {(number, field) for number, field in own_marks(shelf, title.number) if field not in without}
            found["entries"][entry_id(shelf, title.id)] = frozenset(entry) | inherited
    return found


def expected_tombstones(shelf: Shelf, before: Iterable[Described], now: Iterable[Described]) -> dict[str, Items]:
    """What each list says of the titles that left, and of the series that left with them."""
    before, now = list(before), list(now)
    found: dict[str, Items] = {name: {} for name in LISTS}
    for title in before:
        if title in now:
            continue
        own = "shows" if title.show is None else "episodes"
        found[own][title.id] = marks(title.number, "id", "name")
        if shelf.scope["sources"]:
            fields = ["name"] if shelf.has_uuids else ["id", "name"]
            found["entries"][entry_id(shelf, title.id)] = marks(title.number, *fields)
    left = {title.show for title in before} - {title.show for title in now} - {None}
    found["shows"] |= {marker(show, "id"): marks(show, "id") for show in left if show is not None}
    return found


def excluded_keys(shelf: Shelf) -> set[str]:
    """The keys that no item of the partner may have, by the annex's scope."""
    scope = shelf.scope
    keys: set[str] = set()
    if not scope["metadata"]:
        keys |= {"synopsis_short", "synopsis_long", "genres", "tags", "geo", "ratings", "captions", "description"}
        keys |= {"duration_ms", "duration", "release_date"}
    if not scope["images"]:
        keys |= {"image", "images", "custom_thumbnails"}
    if not scope["sources"]:
        keys |= {"sources"}
    if not scope["external_ids"]:
        keys |= {"external_ids"}
    return keys
