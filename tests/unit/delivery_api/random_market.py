"""Random partners that pull and random titles, drawn by hypothesis; every text of a title says whose it is.

`zq07shortqz` is the short synopsis of title 7, `zp2pz` anything that only partner 2 has: words, names, addresses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from edye_delivery.catalog.title import Title
from tests.builders import a_movie, an_episode, annex_content, annex_file

TAGS, COUNTRIES, LANGUAGES = ("kids", "music", "nature"), ("mx", "us", "br"), ("es", "en")
ENDPOINTS = ("shows", "episodes", "feed", "media")
EXTERNAL = ("tms", "eidr")
SHOWS = 2
FIRST_SHOW = 50
OFTEN = {"calls": 100_000, "window_s": 3600, "full_syncs_at_once": 100}


def marker(number: int, field: str) -> str:
    """What only this field of this title says."""
    return f"zq{number:02}{field}qz"


@dataclass(frozen=True)
class Described:
    """One title of the catalogue; `show` is the number of its series, None for a movie."""

    number: int
    show: int | None
    season: int
    tags: frozenset[str]
    geo: frozenset[str]
    lang: str

    @property
    def id(self) -> str:
        """Its EDYE id."""
        return marker(self.number, "id")

    def title(self, version: int) -> Title:
        """The title as the catalogue gives it; another version has another name."""
        number = self.number
        own = described(number, sorted(self.tags)) | {
            "geo": sorted(self.geo),
            "lang": self.lang,
            "duration_ms": 60_000,
            "titles": {lang: f"{marker(number, 'titles')} {version}" for lang in LANGUAGES},
            "sources": [{"file": f"https://media.example/{marker(number, 'source')}.mp4", "type": "video/mp4"}],
            "captions": [{"url": f"https://media.example/{marker(number, 'caption')}", "kind": "subtitle"}],
        }
        if self.show is None:
            return a_movie(**own)
        series = described(self.show, [])
        own |= {"show_id": series["id"], "season_number": self.season, "episode_number": number + 1}
        return an_episode(**own, series=series)


def described(number: int, tags: list[str]) -> dict[str, Any]:
    """What series and titles have in common."""
    texts = {f"synopsis_{size}": {lang: marker(number, size) for lang in LANGUAGES} for size in ("short", "long")}
    return texts | {
        "id": marker(number, "id"),
        "title_id": marker(number, "name"),
        "titles": {lang: marker(number, "titles") for lang in LANGUAGES},
        "genres": [marker(number, "genre")],
        "tags": [*tags, marker(number, "tag")],
        "ratings": [{"source": "USA_PR", "value": marker(number, "rating")}],
        "images": [{"kind": "thumbnail", "url": f"https://media.example/{marker(number, 'image')}.jpg"}],
        "external_ids": {name: marker(number, name) for name in EXTERNAL},
        "release_date": "2025-01-01",
    }


@dataclass(frozen=True)
class Shelf:
    """What the annex of one partner says; `sends` is whether titles are sent to it too."""

    number: int
    users: dict[str, frozenset[str]]
    tags: frozenset[str]
    geo: frozenset[str]
    languages: frozenset[str]
    scope: dict[str, Any]
    has_own_words: bool
    has_uuids: bool
    has_thumbnails: bool
    is_in_pull: bool
    sends: bool

    @property
    def name(self) -> str:
        """The partner."""
        return f"shelf_{self.number}"

    @property
    def mark(self) -> str:
        """What only this partner has."""
        return f"zp{self.number}pz"

    def has(self, title: Described) -> bool:
        """Whether the annex gives the title to the partner."""
        return (
            bool(self.tags & title.tags)
            and (not title.geo or bool(self.geo & title.geo))
            and title.lang in self.languages
        )

    def write(self, folder: Path) -> Path:
        """The annex as a file."""
        terms = {"tags": sorted(self.tags), "geo": sorted(self.geo), "languages": sorted(self.languages)}
        others = {"tags": ["none"], "geo": ["zz"], "languages": ["xx"]}
        content = annex_content()
        name = self.mark + "{title_id}"
        pull = {
            "users": {user: {"endpoints": sorted(allowed)} for user, allowed in self.users.items()},
            "check": {"user": next(iter(self.users))},
            "scope": self.scope,
            "rate_limit": OFTEN,
            "entry_id": "uuid5" if self.has_uuids else "edye_id",
            "thumbnails": [{"name": "landscape_16x9", "size": "large"}] if self.has_thumbnails else [],
            "genres": "words" if self.has_own_words else None,
        } | (terms if self.is_in_pull else {})
        words = {marker(number, "genre"): f"{self.mark}word" for number in range(100)}
        changes = {
            "pull": pull,
            "catalogue": content["catalogue"] | (others if self.is_in_pull else terms),
            "mappings": content["mappings"] | {"words": words},
            "naming": content["naming"]
            | {
                "episode": name + "_S{season:02}E{episode:02}_{LANG}",
                "episode_without_season": name + "_{LANG}",
                "other": name + "_{LANG}",
            },
        }
        return annex_file(
            folder, self.name, **changes | ({} if self.sends else {"api": None, "ftp": None, "feeds": []})
        )


@dataclass(frozen=True)
class Market:
    """A catalogue and its partners; then titles change and leave, and the annexes say something else of the users."""

    titles: list[Described]
    shelves: list[Shelf]
    changed: frozenset[int]
    withdrawn: dict[int, frozenset[int]]
    users_later: dict[int, dict[str, frozenset[str]]]


def some(values: tuple[str, ...], least: int = 0) -> st.SearchStrategy[frozenset[str]]:
    """Some of the values."""
    return st.frozensets(st.sampled_from(values), min_size=least)


@st.composite
def titles(draw: st.DrawFn, number: int) -> Described:
    """One title."""
    show = draw(st.sampled_from([None, *range(FIRST_SHOW, FIRST_SHOW + SHOWS)]))
    season = draw(st.integers(1, 2))
    return Described(number, show, season, draw(some(TAGS, 1)), draw(some(COUNTRIES)), draw(st.sampled_from(LANGUAGES)))


@st.composite
def users(draw: st.DrawFn, endpoints: tuple[str, ...]) -> dict[str, frozenset[str]]:
    """One to three users, and what each may call."""
    return {f"user_{number}": draw(some(endpoints, 1)) for number in range(draw(st.integers(1, 3)))}


@st.composite
def shelves(draw: st.DrawFn, number: int) -> Shelf:
    """One partner."""
    metadata, images = draw(st.sampled_from([(True, True), (True, False), (False, True)]))
    sources = draw(st.booleans())
    scope = {"metadata": metadata, "images": images, "sources": sources, "external_ids": sorted(draw(some(EXTERNAL)))}
    return Shelf(
        number,
        draw(users(ENDPOINTS if sources else ENDPOINTS[:2])),
        draw(some(TAGS, 1)),
        draw(some(COUNTRIES, 1)),
        draw(some(LANGUAGES, 1)),
        scope,
        *(draw(st.booleans()) for _ in range(5)),
    )


@st.composite
def markets(draw: st.DrawFn) -> Market:
    """Two or three partners, and three to seven titles."""
    given_titles = [draw(titles(number)) for number in range(draw(st.integers(3, 7)))]
    given_shelves = [draw(shelves(number)) for number in range(draw(st.integers(2, 3)))]
    numbers = st.frozensets(st.sampled_from(range(len(given_titles))), max_size=3)
    later = {
        shelf.number: draw(users(ENDPOINTS if shelf.scope["sources"] else ENDPOINTS[:2])) for shelf in given_shelves
    }
    return Market(
        given_titles, given_shelves, draw(numbers), {shelf.number: draw(numbers) for shelf in given_shelves}, later
    )
