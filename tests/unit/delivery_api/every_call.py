"""Calls every endpoint as one user, in every manner of the contract, and compares each answer with the annex."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import orjson

from edye_delivery.delivery_api.application import Application
from tests.unit.delivery_api.expected_items import Items, Marks, excluded_keys, marks_in, partners_in
from tests.unit.delivery_api.random_market import COUNTRIES, LANGUAGES, TAGS, Described, Shelf
from tests.unit.delivery_api.world import Reply, call

PATHS = {"shows": "/v1/shows", "episodes": "/v1/episodes", "entries": "/v1/feed"}
NEEDED = {"shows": "shows", "episodes": "episodes", "entries": "feed"}
"""The permission that a list needs."""


@dataclass
class Found:
    """What readers have got so far, by partner: ETags, cursors in the middle of a list, and checkpoints."""

    tags: dict[int, set[str]] = field(default_factory=dict)
    cursors: dict[tuple[int, str], str] = field(default_factory=dict)
    checkpoints: dict[tuple[int, str], str] = field(default_factory=dict)

    def of_others(self, number: int) -> list[tuple[str, str]]:
        """The list and the text of every cursor and checkpoint of another partner."""
        both = [*self.cursors.items(), *self.checkpoints.items()]
        return [(name, text) for (partner, name), text in both if partner != number]

    def tags_of_others(self, number: int) -> str:
        """The ETags of all other partners, as a condition."""
        return ", ".join(tag for partner, tags in self.tags.items() if partner != number for tag in sorted(tags))


@dataclass
class Reader:
    """One user with its token, what its partner's lists have now, and the ids that are not the partner's.

    `gone` has the tombstones of each list, `new` the lists that an earlier generation did not have.
    """

    application: Application
    shelf: Shelf
    allowed: frozenset[str]
    token: str
    lists: dict[str, Items]
    titles: list[Described]
    foreign: list[str]
    gone: dict[str, Items]
    new: set[str]
    found: Found

    @property
    def readable(self) -> list[str]:
        """The lists that the user may read."""
        return [name for name, needed in NEEDED.items() if needed in self.allowed]

    def get(self, path: str, **options: Any) -> Reply:
        """A call whose answer shows nothing of another partner."""
        reply = call(self.application, path, self.token, **options)
        whole = self.content(reply) + repr(reply.headers).encode()
        assert partners_in(whole) <= {self.shelf.number}, (path, whole)
        assert not any(one.encode() in whole for one in self.foreign), (path, whole)
        if reply.status in (200, 204, 304):
            self.found.tags.setdefault(self.shelf.number, set()).add(reply.headers["etag"].replace("-gzip", ""))
        else:
            assert not marks_in(whole), (path, whole)
            assert "etag" not in reply.headers
        return reply

    @staticmethod
    def content(reply: Reply) -> bytes:
        """The body as it was before it was compressed."""
        return gzip.decompress(reply.body) if reply.headers.get("content-encoding") == "gzip" else reply.body

    def refused(self, path: str, status: int, **options: Any) -> None:
        """A call that is refused."""
        reply = self.get(path, **options)
        assert reply.status == status, (path, options, reply)

    def page(self, path: str, expected: Items, **options: Any) -> Reply:
        """A page that has only expected items, and shows of each just what is expected."""
        reply = self.get(path, **options)
        assert reply.status in (200, 204), (path, reply)
        content = self.content(reply)
        items = self.items(content)
        for item in items:
            assert marks_in(orjson.dumps(item)) == expected[item["id"]], (path, item)
            assert not item.keys() & excluded_keys(self.shelf), (path, item)
        shown: Marks = frozenset().union(*(expected[item["id"]] for item in items))
        assert marks_in(content + repr(reply.headers).encode()) == shown, (path, content)
        return reply

    @staticmethod
    def items(content: bytes) -> list[dict[str, Any]]:
        """The items of a page, tombstones too."""
        page: dict[str, Any] = orjson.loads(content) if content else {"items": []}
        found: list[dict[str, Any]] = page.get("items", page.get("playlist"))
        return found

    def walk(self, path: str, expected: Items, optional: Items | None = None) -> Iterator[Reply]:
        """All pages from a path on, whose items are exactly the expected ones, and perhaps optional ones."""
        ids: list[str] = []
        following: str | None = path
        while following is not None:
            reply = self.page(following, expected | (optional or {}))
            ids += [item["id"] for item in self.items(reply.body)]
            yield reply
            following = reply.json.get("next") if reply.body else None
        needed = [item_id for item_id in ids if item_id in expected or item_id not in (optional or {})]
        assert sorted(needed) == sorted(expected), (path, ids)

    def call_everything(self) -> None:
        """Every endpoint in every manner."""
        self.refused("/v1/other", 404)
        self.refused(f"/v1/shows?access_token={self.token}", 400 if "shows" in self.allowed else 403)
        for name in PATHS:
            if NEEDED[name] in self.allowed:
                self.read_list(name)
                self.read_by_filter(name)
                self.use_cursors(name)
            else:
                self.refuse_list(name)
        for path, name, needed in (
            ("/v1/shows/{}", "shows", "shows"),
            ("/v1/episodes/{}", "episodes", "episodes"),
            ("/v1/media/{}", "entries", "media"),
            ("/v1/media/{}/images", "entries", "media"),
            ("/v1/media/{}/metadata", "entries", "media"),
        ):
            self.read_items(path, name, may=needed in self.allowed)

    def refuse_list(self, name: str) -> None:
        """Nothing opens a list that the annex does not allow."""
        path, number = PATHS[name], self.shelf.number
        known = [self.found.cursors.get((number, name)), self.found.checkpoints.get((number, name))]
        queries = ["", "?page=1", "?updated_since=1970-01-01T00:00:00Z", "?nonsense=1"]
        queries += [f"?cursor={text}" for text in known if text]
        for query in queries:
            self.refused(path + query, 403)
            self.refused(path + query, 403, method="HEAD")
            self.refused(path + query, 403, If_None_Match="*")

    def read_list(self, name: str) -> None:
        """The whole list: at once, by cursor, by page, since ever, as HEAD, as gzip, by condition."""
        path, expected, number = PATHS[name], self.lists[name], self.shelf.number
        whole = next(self.walk(f"{path}?page_size=100", expected))
        if whole.body and "checkpoint" in whole.json:
            self.found.checkpoints[number, name] = whole.json["checkpoint"]
        pages = list(self.walk(f"{path}?page_size=1", expected))
        if pages[0].body and "next" in pages[0].json:
            self.found.cursors[number, name] = pages[0].json["next"].partition("cursor=")[2]
        for page in range(1, len(expected) + 2):
            self.page(f"{path}?page={page}&page_size=1", expected)
        both = expected | self.gone[name]
        ever = f"{path}?updated_since=1970-01-01T00:00:00Z&page_size=2"
        if name in self.new and self.get(ever).status == 410:
            both = expected
            ever = f"{path}?page_size=2"
        for _ in self.walk(ever, both):
            pass
        assert self.get(path, method="HEAD").body == b""
        packed = self.page(path, expected, Accept_Encoding="gzip")
        assert self.items(self.content(packed)) == self.items(self.get(path).body)
        tag = packed.headers["etag"]
        assert self.get(path, If_None_Match=tag, Accept_Encoding="gzip").status == 304
        self.page(path, expected, If_None_Match=self.found.tags_of_others(number))

    def read_by_filter(self, name: str) -> None:
        """A filter narrows the list, and opens nothing; the feed has none."""
        path = PATHS[name]
        if name == "entries":
            self.refused(f"{path}?tag=kids", 400)
            return
        for query in (
            *(f"tag={tag}" for tag in TAGS),
            *(f"geo={country}" for country in COUNTRIES),
            *(f"lang={lang}" for lang in LANGUAGES),
        ):
            for _ in self.walk(f"{path}?{query}&page_size=2", self.fitting(name, query)):
                pass
        for one in self.foreign:
            assert self.get(f"{path}?tag={quote(one)}").status == 204
            if name == "episodes":
                assert self.get(f"{path}?show_id={quote(one)}").status == 204
                self.refused(f"{path}?show_id={quote(one)}&size=small", 400)

    def fitting(self, name: str, query: str) -> Items:
        """What the list has of titles that fit one filter; a series by its own words, and its episodes' languages."""
        kind, _, value = query.partition("=")
        ids = set()
        for title in self.titles:
            fits = value in {"tag": title.tags, "geo": title.geo or {value}, "lang": {title.lang}}[kind]
            ids |= {title.id} if fits else set()
            if title.show is not None and (kind == "geo" or (kind == "lang" and fits)):
                ids.add(f"zq{title.show}idqz")  # a series has no countries of its own: it may be seen in all
        return {item_id: found for item_id, found in self.lists[name].items() if item_id in ids}

    def use_cursors(self, name: str) -> None:
        """No cursor or checkpoint of another partner, or of another list, opens anything."""
        path, number = PATHS[name], self.shelf.number
        for _, text in self.found.of_others(number):
            self.refused(f"{path}?cursor={text}", 400)
            self.refused(f"{path}?cursor={text}", 400, If_None_Match="*")
        for (partner, other), text in self.found.checkpoints.items():
            if partner == number and other != name:
                self.refused(f"{path}?cursor={text}", 400)

    def read_items(self, path: str, name: str, *, may: bool) -> None:
        """Each item by its id: the partner's own, those that left, and those of others."""
        own, gone = self.lists[name], self.gone[name]
        for item_id in [*own, *gone, *self.foreign, "unknown"]:
            url = path.format(quote(item_id))
            if not may:
                self.refused(url, 403)
                self.refused(url, 403, If_None_Match="*")
            elif item_id in own:
                self.read_item(url, own[item_id])
            else:
                status = 410 if item_id in gone else 404
                self.refused(url, status)
                self.refused(url, status, If_None_Match="*", method="HEAD")

    def read_item(self, url: str, expected: Marks) -> None:
        """One item that is the partner's."""
        if url.endswith("/metadata"):
            expected = frozenset(one for one in expected if one[1] not in ("image", "source"))
        elif url.endswith("/images"):
            expected = frozenset(one for one in expected if one[1] == "thumb")
        reply = self.get(url, If_None_Match=self.found.tags_of_others(self.shelf.number))
        assert reply.status == 200, (url, reply)
        assert marks_in(reply.body + repr(reply.headers).encode()) == expected, (url, reply)
        shown = reply.json.keys() if not url.endswith("/images") else set()
        assert not shown & excluded_keys(self.shelf), (url, reply)
        assert self.get(url, If_None_Match="*").status == 304
        assert self.get(url, method="HEAD").body == b""
        if url.endswith("/images"):
            assert self.get(f"{url}?size=small").json == {"images": []}
