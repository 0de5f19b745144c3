"""Catalogues: what the EDYE stand-in lists, written as recipes, and how that becomes items with URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from sandbox.board import CatalogueError, Item
from sandbox.generated import generated_items
from sandbox.listing import Placed, place_media, served_item
from sandbox.media.shelf import Shelf, Stored

SAMPLE_PATH = Path(__file__).resolve().parent.parent / "include" / "sandbox" / "sample_catalogue.yaml"
_GENERATED = re.compile(r"generated:([1-9]\d{0,5})", re.ASCII)
_KEYS = {"expectations_of", "window", "defaults", "shows", "episodes"}
# What an episode leaves out it takes from its show.
_FROM_SHOW = ("title_id", "genres", "tags", "geo", "ratings", "release_date", "palette", "availability")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Shows and episodes as a catalogue file has them: API fields, and recipes in the place of URLs.

    The keys `video`, `images` (names or recipes), `captions` (languages), `thumbnails`, `palette`, `media_path`,
    `defect` and `expect` are the sandbox's own. Its own `sources`, and images with a `url`, are served as they are.
    """

    shows: list[Item]
    episodes: list[Item]
    defaults: Item = field(default_factory=dict)

    def items(self) -> list[Item]:
        """Return every show and every episode with what they inherit filled in."""
        shows = [{**self.defaults, **show} for show in self.shows]
        by_id = {show["id"]: show for show in shows}
        return [*shows, *(self._with_show(episode, by_id) for episode in self.episodes)]

    def _with_show(self, episode: Item, shows: dict[str, Item]) -> Item:
        show = shows.get(episode["show_id"])
        if show is None:
            raise CatalogueError(f"episode {episode['id']} is of the show {episode['show_id']!r}, which is not listed")
        inherited = {key: show[key] for key in _FROM_SHOW if key in show}
        return {"kind": "episode", **self.defaults, **inherited, **episode}


@dataclass(frozen=True, slots=True)
class Stocked:
    """A catalogue with its media made: the items of both lists, and the media host's files by path."""

    shows: list[Item]
    episodes: list[Item]
    files: Mapping[str, Stored]


def load_catalogue(wanted: str | Catalogue) -> Catalogue:
    """Return the catalogue `sample`, `generated:N`, or that of a YAML file."""
    if isinstance(wanted, Catalogue):
        return wanted
    generated = _GENERATED.fullmatch(wanted)
    if generated:
        return Catalogue(*generated_items(int(generated.group(1))))
    if wanted.startswith("generated"):
        raise CatalogueError(f"unknown catalogue {wanted!r}: write generated:N with N from 1, such as generated:200")
    return _read(SAMPLE_PATH if wanted == "sample" else Path(wanted))


def _read(path: Path) -> Catalogue:
    try:
        read = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as exc:
        raise CatalogueError(
            f"cannot read the catalogue {path}: {exc}; use sample, generated:N or a YAML file"
        ) from exc
    if not isinstance(read, dict) or not set(read) <= _KEYS:
        raise CatalogueError(f"the catalogue {path} may have the keys {', '.join(sorted(_KEYS))} only")
    return Catalogue(read.get("shows") or [], read.get("episodes") or [], read.get("defaults") or {})


def stock(catalogue: Catalogue, media_dir: Path) -> Stocked:
    """Make the media that the catalogue needs, if missing, and return what is served."""
    items = catalogue.items()
    placed = {item["id"]: place_media(item) for item in items}
    if len(placed) != len(items):
        raise CatalogueError("two items of the catalogue have one id")
    shelf = Shelf(media_dir).fill(one.recipe for places in placed.values() for one in places)
    served = [served_item(item, placed[item["id"]], shelf) for item in items]
    count = len(catalogue.shows)
    return Stocked(served[:count], served[count:], _published(placed.values(), shelf))


def _published(places: Iterable[list[Placed]], shelf: Mapping[Any, Stored]) -> dict[str, Stored]:
    return {one.path: shelf[one.recipe] for item in places for one in item if one.is_published}
