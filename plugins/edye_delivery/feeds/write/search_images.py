"""The images of an asset, made from the catalogue's artwork, with their types and languages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.feeds.roku.limits import IMAGE_LARGEST_PX
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_WITHOUT_PICTURE

RATIOS = {"16:9": 1.0, "2:3": 4.0}
"""Ratio: tolerance in percent, as Roku accepts it in practice (decisions, Known of Roku's own checks)."""


def images_of(
    images: Iterable[Image], types: Mapping[ImageKind, str], languages: list[str], external_id: str, notes: Notes
) -> list[dict[str, Any]]:
    """The images with their languages; Unfit if no main image is left. Artwork without text is for every language."""
    kept: dict[tuple[str, str], list[str]] = {}
    for image in images:
        if image.kind not in types:
            continue
        place = types[image.kind], image.url
        if len(kept.get(place, ())) == len(languages):
            continue  # another language version has the same picture
        if (defect := _defect_of(image, languages)) is not None:
            notes.add(external_id, PART_LEFT_OUT, f"the {image.kind} {defect}")
            continue
        image_languages = languages if image.lang is None else [image.lang.lower().replace("_", "-")]
        found = kept.setdefault(place, [])
        found += [language for language in image_languages if language not in found]
    mains = [image_languages for (kind, _), image_languages in kept.items() if kind == "main"]
    if not mains:
        raise Unfit(TITLE_WITHOUT_PICTURE, "it has no artwork that could be its main image")
    main_languages = {language for image_languages in mains for language in image_languages}
    mains[0] += [language for language in languages if language not in main_languages]
    return [{"type": kind, "url": url, "languages": image_languages} for (kind, url), image_languages in kept.items()]


def _defect_of(image: Image, languages: list[str]) -> str | None:
    if not image.url.startswith(("http://", "https://")) or len(image.url) < 10 or not image.url.isprintable():
        return f"has the address {excerpt(image.url)}"
    if image.lang is not None and image.lang.lower().replace("_", "-") not in languages:
        return f"is in {excerpt(image.lang)}, but the title has no text in this language"
    return _size_defect(image.width, image.height) if image.width and image.height else None


@lru_cache(maxsize=4096)
def _size_defect(width_px: int, height_px: int) -> str | None:
    size = f"has {width_px}x{height_px} pixels"
    off = {ratio: ratio_off_percent(width_px, height_px, ratio) for ratio in RATIOS}
    near = [ratio for ratio, percent in off.items() if percent <= RATIOS[ratio]]
    if not near:
        return f"{size}, which is neither 16:9 nor 2:3"
    if near == ["16:9"] and (width_px > IMAGE_LARGEST_PX[0] or height_px > IMAGE_LARGEST_PX[1]):
        return f"{size}, at most {IMAGE_LARGEST_PX[0]}x{IMAGE_LARGEST_PX[1]} are taken"
    return None
