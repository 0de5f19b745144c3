"""Which artwork of a title a partner's annex asks for, what makes it usable, and what a thumbnail is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from edye_delivery.annex.limits import ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.art import can_give, has_ratio, ratio_off_percent
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.title import Image, Title
from edye_delivery.catalog.vocabulary import ImageKind

PICTURES_PER_KIND_MAX = 8


def art_to_check(annex: Annex, title: Title) -> tuple[Image, ...]:
    """The title's artwork of the kinds that the annex requires or makes thumbnails of, best language first.

    Art in another language is left out where there is art in the title's own language, or without a language. At most
    eight pictures of one kind are taken.
    """
    required = annex.images.required.get(title.kind, ())
    kinds = dict.fromkeys([*required, *(kind for spec in annex.thumbnails for kind in spec.origins)])
    return tuple(image for kind in kinds for image in _art_of(title, kind))


def custom_thumbnails(annex: Annex, title: Title) -> tuple[Image, ...]:
    """The thumbnails that EDYE made by hand for the title, best language first; none where the annex makes none."""
    return tuple(_in_language(title, title.custom_thumbnails)) if annex.thumbnails else ()


def is_readable(annex: Annex, picture: ImageFacts) -> bool:
    """Whether the picture could be opened and keeps to the annex's format, bytes and pixels."""
    limits = annex.images
    return (
        picture.failure is None
        and picture.format in limits.formats
        and picture.size_bytes <= limits.max_size_bytes
        and picture.width_px * picture.height_px <= limits.max_pixels
    )


def has_ratio_of_kind(annex: Annex, picture: ImageFacts) -> bool:
    """Whether the ratio is the one that the annex asks of this kind, within its tolerance."""
    limits = annex.images.limits.get(picture.kind)
    if limits is None:
        return True
    return ratio_off_percent(picture.width_px, picture.height_px, limits.ratio) <= limits.ratio_tolerance_percent


def has_size_of_kind(annex: Annex, picture: ImageFacts) -> bool:
    """Whether width and height reach what the annex asks of this kind."""
    limits = annex.images.limits.get(picture.kind)
    return limits is None or (picture.width_px >= limits.min_width_px and picture.height_px >= limits.min_height_px)


def is_usable(annex: Annex, picture: ImageFacts) -> bool:
    """Whether the picture is within all of the annex's limits for its kind."""
    return is_readable(annex, picture) and has_ratio_of_kind(annex, picture) and has_size_of_kind(annex, picture)


def thumbnail_origin(
    annex: Annex, spec: ThumbnailSpec, title: Title, pictures: Sequence[ImageFacts]
) -> ImageFacts | None:
    """The picture that a thumbnail is made of, None where none is large enough; nothing is ever upscaled.

    First a custom thumbnail that was made for it, then usable art in the order of the spec's origins. Art that
    is readable but outside the limits of its kind comes last: it is used only where the annex waives that defect,
    because otherwise the title is not delivered.
    """
    measured = {(picture.kind, picture.url): picture for picture in pictures if is_readable(annex, picture)}
    for picture in _facts_of(custom_thumbnails(annex, title), measured):
        if is_made_for(annex, picture, spec):
            return picture
    art = [
        picture
        for kind in spec.origins
        for picture in _facts_of(_art_of(title, kind), measured)
        if _gives(picture, spec)
    ]
    return next((picture for picture in art if is_usable(annex, picture)), next(iter(art), None))


def likely_origins(annex: Annex, title: Title) -> dict[str, tuple[ThumbnailSpec, ...]]:
    """By the address of a picture, the thumbnails that are made of it where all pictures are within their limits.

    A custom thumbnail counts where its file's name says which one it is; its pixels are not known yet.
    """
    likely: dict[str, tuple[ThumbnailSpec, ...]] = {}
    custom = {_named_thumbnail(annex, image.url): image for image in reversed(custom_thumbnails(annex, title))}
    for spec in annex.thumbnails:
        art = (image for kind in spec.origins for image in _art_of(title, kind))
        image = custom.get(spec) or next(art, None)
        if image is not None:
            likely[image.url] = (*likely.get(image.url, ()), spec)
    return likely


def is_made_for(annex: Annex, picture: ImageFacts, spec: ThumbnailSpec) -> bool:
    """Whether a custom thumbnail was made for this thumbnail of the annex: by its file's name and its shape.

    A file with the name of a thumbnail in its own name (`landscape_16x9.jpg`, `EDYE_PLANETA-landscape-16x9.jpg`) is for
    that one alone. Any other file is for the largest size of exactly its ratio that it gives without being upscaled.
    """
    named = _named_thumbnail(annex, picture.url)
    if named is not None:
        return _has_shape(picture, spec) and named == spec
    sizes = [(other.width_px, other.height_px) for other in annex.thumbnails if _has_shape(picture, other)]
    return _has_shape(picture, spec) and max(sizes) == (spec.width_px, spec.height_px)


def is_custom_thumbnail(title: Title, picture: ImageFacts) -> bool:
    """Whether the picture is one of the thumbnails that EDYE made by hand for the title."""
    return any((image.kind, image.url) == (picture.kind, picture.url) for image in title.custom_thumbnails)


def _named_thumbnail(annex: Annex, url: str) -> ThumbnailSpec | None:
    """The thumbnail of the annex that the file's name names; the longest name where it names several."""
    words = f"_{_words_of(PurePosixPath(urlsplit(url).path).stem)}_"
    named = [spec for spec in annex.thumbnails if f"_{_words_of(spec.name)}_" in words]
    return max(named, key=lambda spec: len(spec.name), default=None)


def _art_of(title: Title, kind: ImageKind) -> list[Image]:
    return _in_language(title, (image for image in title.images if image.kind is kind))


def _in_language(title: Title, images: Iterable[Image]) -> list[Image]:
    unique = list({image.url: image for image in images}.values())
    own = [image for image in unique if image.lang and image.lang == title.lang]
    neutral = [image for image in unique if not image.lang]
    return ([*own, *neutral] or unique)[:PICTURES_PER_KIND_MAX]


def _facts_of(images: Iterable[Image], measured: dict[tuple[ImageKind, str], ImageFacts]) -> Iterator[ImageFacts]:
    return (measured[image.kind, image.url] for image in images if (image.kind, image.url) in measured)


def _words_of(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower())


def _has_shape(picture: ImageFacts, spec: ThumbnailSpec) -> bool:
    return has_ratio(picture.width_px, picture.height_px, spec.width_px, spec.height_px) and _gives(picture, spec)


def _gives(picture: ImageFacts, spec: ThumbnailSpec) -> bool:
    return can_give(picture.width_px, picture.height_px, spec.width_px, spec.height_px)
