"""One item of a catalogue file: which files its recipes ask for, and how the API lists it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.board import CatalogueError, Item
from sandbox.media.art import PALETTES
from sandbox.media.recipes import ImageRecipe, Recipe, TextRecipe, VideoRecipe
from sandbox.media.shelf import Stored
from sandbox.media.videos import LOOKS

OWN_KEYS = frozenset({"video", "images", "captions", "thumbnails", "palette", "media_path", "defect", "expect"})
RENDITIONS = {"480p": (854, 480), "720p": (1280, 720), "1080p": (1920, 1080)}
_IMAGE_SIZES = {
    "key_art": (1920, 1080),
    "poster": (1000, 1500),
    "background": (1920, 1080),
    "still": (1280, 720),
    "logo": (800, 450),
    "thumbnail": (800, 450),
}
_RECIPE_KEYS = frozenset({"look", "seconds", "fps", "moov", "codec", "container", "keep_share"})
_VIDEO_KEYS = _RECIPE_KEYS | {"renditions", "label", "page", "is_missing", "has_sha256", "hls"}
_IMAGE_KEYS = frozenset({"kind", "width", "height", "format", "keep_share", "title"})
_ERROR_PAGE = """<!DOCTYPE html>
<html><head><title>502 Bad Gateway</title></head>
<body><h1>502 Bad Gateway</h1><p>The origin of {label} did not answer in time.</p></body></html>
"""
_CAPTIONS = {"es": ("Hola, ¿exploramos juntos?", "¡Hasta pronto!"), "en": ("Hello, shall we explore?", "See you soon!")}


@dataclass(frozen=True, slots=True)
class Placed:
    """One file of one item: what it is for, where it is served, and its recipe."""

    role: str
    path: str
    recipe: Recipe
    facts: Item
    is_published: bool = True


def place_media(item: Item) -> list[Placed]:
    """Return the files that an item's recipes ask for."""
    try:
        folder = f"/media/{item.get('media_path', item['id'])}"
        return [
            *_videos(item, folder),
            *_images(item, folder, "images"),
            *_images(item, folder, "thumbnails"),
            *_captions(item, folder),
        ]
    except (KeyError, TypeError) as exc:
        raise CatalogueError(f"the media recipes of item {item.get('id')!r} cannot be read: {exc!r}") from exc


def served_item(item: Item, places: list[Placed], shelf: Mapping[Recipe, Stored]) -> Item:
    """Return the item as the API lists it, with URLs relative to the media host."""
    served = {key: value for key, value in item.items() if key not in OWN_KEYS}
    sources = [_source(one, shelf[one.recipe]) for one in places if one.role == "video"]
    if sources:
        served["sources"] = sources
        served.setdefault("duration_ms", int(item["video"].get("seconds", 4.0) * 1000))
    ready = [image for image in item.get("images", ()) if isinstance(image, dict) and "url" in image]
    served["images"] = ready + [one.facts for one in places if one.role == "images"]
    for role, key in (("thumbnails", "custom_thumbnails"), ("captions", "captions")):
        facts = [one.facts for one in places if one.role == role]
        if facts:
            served[key] = facts
    return served


def _source(placed: Placed, stored: Stored) -> Item:
    facts = dict(placed.facts)
    if "seconds" in facts:
        facts["bitrate"] = int(stored.size_bytes * 8 / facts.pop("seconds"))
        facts["filesize"] = stored.size_bytes
    if facts.pop("has_sha256", False):
        facts["sha256"] = stored.sha256
    return facts


def _videos(item: Item, folder: str) -> list[Placed]:
    asked: dict[str, Any] | None = item.get("video")
    if asked is None:
        return []
    _check_keys(item, "video", asked, _VIDEO_KEYS)
    if asked.get("look", "gradients") not in LOOKS:
        raise CatalogueError(f"item {item['id']}: unknown look {asked['look']!r}; one of {', '.join(sorted(LOOKS))}")
    placed = []
    for at, rendition in enumerate(asked.get("renditions", ["1080p"])):
        width_px, height_px = RENDITIONS[rendition]
        path = f"{folder}/video{f'-{rendition}' if at else ''}.mp4"
        facts = {
            "file": path,
            "type": "video/mp4",
            "label": rendition,
            "width": width_px,
            "height": height_px,
            "seconds": asked.get("seconds", 4.0),
            "has_sha256": asked.get("has_sha256", True),
        }
        recipe = _video_recipe(asked, width_px, height_px, str(asked.get("label", item["id"])))
        placed.append(Placed("video", path, recipe, facts, not asked.get("is_missing", False)))
    if asked.get("hls"):
        playlist = _playlist(placed)
        facts = {"file": f"{folder}/video.m3u8", "type": "application/vnd.apple.mpegurl", "label": "auto"}
        placed.insert(0, Placed("video", facts["file"], playlist, facts))
    return placed


def _video_recipe(asked: dict[str, Any], width_px: int, height_px: int, label: str) -> Recipe:
    if asked.get("page"):
        return TextRecipe(_ERROR_PAGE.format(label=label), "html")
    values = {key: asked[key] for key in _RECIPE_KEYS if key in asked}
    return VideoRecipe(width_px=width_px, height_px=height_px, label=label, **values)


def _playlist(placed: list[Placed]) -> TextRecipe:
    lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
    for one in placed:
        lines.append(f"#EXT-X-STREAM-INF:BANDWIDTH=1000000,RESOLUTION={one.facts['width']}x{one.facts['height']}")
        lines.append(one.path.rsplit("/", 1)[1])
    return TextRecipe("\n".join(lines) + "\n", "m3u8")


def _images(item: Item, folder: str, key: str) -> list[Placed]:
    placed = []
    for at, one in enumerate(item.get(key, ())):
        asked: dict[str, Any] = {"kind": one} if isinstance(one, str) else one
        if "url" in asked:
            continue
        _check_keys(item, key, asked, _IMAGE_KEYS)
        kind = asked["kind"]
        width_px, height_px = asked.get("width", _IMAGE_SIZES[kind][0]), asked.get("height", _IMAGE_SIZES[kind][1])
        suffix = asked.get("format", "jpg")
        path = f"{folder}/{kind}{f'-{at}' if key == 'thumbnails' else ''}.{suffix}"
        recipe = ImageRecipe(
            width_px,
            height_px,
            _palette(item),
            asked.get("title", _written_title(item)),
            _subtitle(item) if kind in ("still", "thumbnail") else "",
            suffix,
            asked.get("keep_share", 1.0),
        )
        facts = {"kind": kind, "url": path, "width": width_px, "height": height_px, "lang": None}
        placed.append(Placed(key, path, recipe, facts))
    return placed


def _palette(item: Item) -> str:
    palette: str = item.get("palette", "meadow")
    if palette not in PALETTES:
        raise CatalogueError(f"item {item['id']}: unknown palette {palette!r}; one of {', '.join(sorted(PALETTES))}")
    return palette


def _written_title(item: Item) -> str:
    titles = item.get("titles") or {}
    return str(titles.get(item.get("lang", "es")) or next(iter(titles.values()), item["title_id"]))


def _subtitle(item: Item) -> str:
    if "episode_number" not in item:
        return ""
    season = item["season_number"]
    return f"{'' if season is None else f'T{season} · '}E{item['episode_number']} · {str(item['lang']).upper()}"


def _captions(item: Item, folder: str) -> list[Placed]:
    placed = []
    for lang in item.get("captions", ()):
        hello, farewell = _CAPTIONS[lang]
        text = f"WEBVTT\n\n00:00.000 --> 00:01.500\n{hello}\n\n00:01.500 --> 00:02.500\n{farewell}\n"
        facts = {"url": f"{folder}/{lang}.vtt", "lang": lang, "kind": "subtitle"}
        placed.append(Placed("captions", facts["url"], TextRecipe(text, "vtt"), facts))
    return placed


def _check_keys(item: Item, key: str, asked: Any, known: frozenset[str]) -> None:
    strangers = sorted(set(asked) - known)
    if strangers:
        unknown, allowed = ", ".join(map(repr, strangers)), ", ".join(sorted(known))
        raise CatalogueError(f"{key} of item {item['id']} has no key {unknown}; it knows {allowed}")
