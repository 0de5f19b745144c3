"""A library as JW Player holds it: media, what is delivered of them, playlists, and queries on the media."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

Item = dict[str, Any]
USUAL_SORT = "created:dsc"
SORT = re.compile(r"[a-z_]+:(asc|dsc)(,[a-z_]+:(asc|dsc))*", re.ASCII)
SORTED_BY = frozenset({"created", "last_modified", "title", "duration"})
_RANGE = re.compile(r"(id|created|last_modified):\[([\w:.+-]+) TO ([\w:.+-]+)\]", re.ASCII)
_TITLE = re.compile(r'title: ?"([^"]*)"')
_FIRST_AT = datetime(2020, 1, 1, tzinfo=UTC)


class QueryRefused(ValueError):
    """A query that the stand-in cannot read; the text says why."""


@dataclass(slots=True)
class Media:
    """One media: as the Management API lists it, and as the Delivery API delivers it (None: it does not)."""

    listed: Item
    delivered: Item | None = None


@dataclass(slots=True)
class Playlist:
    """One playlist."""

    id: str
    title: str
    media_ids: list[str] = field(default_factory=list)


class JwLibrary:
    """Media by id, in the order of their making. Safe across threads.

    `make` gives the media of an id where they are too many to be held.
    """

    def __init__(
        self,
        media: Iterable[Media] = (),
        playlists: Iterable[Playlist] = (),
        ids: list[str] | None = None,
        make: Callable[[str], Media] | None = None,
    ) -> None:
        ordered = sorted(media, key=lambda one: (one.listed["created"], one.listed["id"]))
        self._media = {one.listed["id"]: one for one in ordered}
        self._ids, self._make = ids if ids is not None else list(self._media), make
        self._known = frozenset(self._ids) if ids is not None else frozenset()
        self._playlists = {one.id: one for one in playlists}
        self._found: tuple[tuple[str, str], list[str]] | None = None
        self._lock = threading.Lock()

    @classmethod
    def of_size(cls, count: int) -> JwLibrary:
        """So many ready media, made when they are asked for; ids spread over all that there can be."""
        stride = 62**8 // max(1, count)
        return cls(ids=[id_of(number * stride) for number in range(count)], make=_made_media)

    def get(self, media_id: str) -> Media | None:
        """The media of this id; None where there is none."""
        if self._make is not None:
            return self._make(media_id) if media_id in self._known else None
        return self._media.get(media_id)

    def delete(self, media_id: str) -> bool:
        """Deletes a media, also from its playlists; False where there is none."""
        with self._lock:
            if self._media.pop(media_id, None) is None:
                return False
            self._ids, self._found = list(self._media), None
            for playlist in self._playlists.values():
                playlist.media_ids = [one for one in playlist.media_ids if one != media_id]
        return True

    def change(self, media_id: str, changes: Item) -> bool:
        """Merges fields into what is listed of a media, those of `metadata` one by one; False where there is none."""
        with self._lock:
            media = self._media.get(media_id)
            if media is None:
                return False
            metadata = {**media.listed["metadata"], **changes.get("metadata", {})}
            media.listed = {**media.listed, **changes, "metadata": metadata}
            self._found = None
        return True

    def playlists(self) -> list[Playlist]:
        """All playlists."""
        return list(self._playlists.values())

    def playlist(self, playlist_id: str) -> Playlist | None:
        """The playlist of this id; None where there is none."""
        return self._playlists.get(playlist_id)

    def find(self, q: str, sort: str) -> list[str]:
        """The ids of the media that a query finds, in its order; QueryRefused where it cannot be read."""
        with self._lock:
            if self._found is None or self._found[0] != (q, sort):
                self._found = ((q, sort), self._sorted(self._filtered(q), sort))
            return self._found[1]

    def _filtered(self, q: str) -> list[str]:
        ids = self._ids
        for term in q.split(" AND ") if q else ():
            ids = self._of_term(ids, term)
        return ids

    def _of_term(self, ids: list[str], term: str) -> list[str]:
        span, title = _RANGE.fullmatch(term), _TITLE.fullmatch(term)
        if span and span[1] == "id":
            if self._make is not None and ids is self._ids:
                return ids[bisect_left(ids, span[2]) : bisect_right(ids, span[3])]
            return [one for one in ids if span[2] <= one <= span[3]]
        if span:
            first, last = _moment(span[2]), _moment(span[3])
            return [one for one in ids if first <= _moment(self._value(one, span[1])) <= last]
        if title:
            return [one for one in ids if title[1].lower() in str(self._value(one, "title")).lower()]
        raise QueryRefused(f"q cannot be read: {term[:100]}")

    def _sorted(self, ids: list[str], sort: str) -> list[str]:
        if not SORT.fullmatch(sort):
            raise QueryRefused("sort is field:asc or field:dsc")
        for one in reversed(sort.split(",")):
            name, _, way = one.partition(":")
            if name not in SORTED_BY:
                raise QueryRefused(f"sort by {name} is not possible")
            if name == "created" and "," not in sort:  # the order in which they are held
                ids = ids if way == "asc" else ids[::-1]
            else:
                ids = sorted(ids, key=lambda media_id: str(self._value(media_id, name)), reverse=way == "dsc")
        return ids

    def _value(self, media_id: str, name: str) -> Any:
        media = self.get(media_id)
        assert media is not None  # noqa: S101 - an id of our own list
        return media.listed.get(name, media.listed["metadata"].get(name))


def _moment(text: Any) -> datetime:
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise QueryRefused(f"{str(text)[:40]} is no moment") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_VALUES = {sign: value for value, sign in enumerate(_DIGITS)}


def id_of(number: int) -> str:
    """The id of a number, 8 letters and digits, in the order of their bytes."""
    signs = []
    for _ in range(8):
        number, rest = divmod(number, 62)
        signs.append(_DIGITS[rest])
    return "".join(reversed(signs))


def _made_media(media_id: str) -> Media:
    number = 0
    for sign in media_id:
        number = number * 62 + _VALUES[sign]
    at = (_FIRST_AT + timedelta(milliseconds=number // 1_000_000)).isoformat()
    seconds = 60 + number % 600
    listed = {
        "id": media_id,
        "type": "media",
        "created": at,
        "last_modified": at,
        "status": "ready",
        "duration": float(seconds),
        "error_message": None,
        "media_type": "video",
        "hosting_type": "hosted",
        "mime_type": "video/mp4",
        "md5": None,
        "source_url": None,
        "external_id": None,
        "relationships": {},
        "metadata": {
            "title": f"Película {media_id}",
            "description": f"La aventura {media_id} de una biblioteca hecha para probar la carga.",
            "tags": ["roku", "kidsdirected"],
            "custom_params": {"Acronym": f"EDYE_{media_id}", "geoList": "mx,us", "TMS ID": f"MV{number % 10**12:012d}"},
            "author": None,
            "category": "Kids",
            "language": "es",
            "permalink": None,
            "publish_start_date": at,
            "publish_end_date": None,
        },
        "trim_in_point": None,
        "trim_out_point": None,
    }
    source = {"file": f"/videos/{media_id}-1080.mp4", "type": "video/mp4", "height": 1080, "width": 1920}
    return Media(
        listed, {"mediaid": media_id, "title": listed["metadata"]["title"], "duration": seconds, "sources": [source]}
    )
