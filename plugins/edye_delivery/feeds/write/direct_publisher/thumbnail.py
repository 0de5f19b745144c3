"""The thumbnail of a Direct Publisher item, chosen from the catalogue's artwork."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.title import Described, Image, Title
from edye_delivery.feeds.roku.limits import THUMBNAIL_LEAST_PX
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.direct_publisher.values import is_address
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TITLE_WITHOUT_PICTURE
from edye_delivery.feeds.write.texts import likeness

THUMBNAIL = "thumbnail"
RATIO = "16:9"
RATIO_OFF_MAX_PERCENT = 1.5  # decisions, Known of Roku's own checks, in practice


def thumbnail_of(
    described: Iterable[Described], spec: FeedSpec, languages: Sequence[str], external_id: str, notes: Notes
) -> str:
    """The address of the first picture that can be the thumbnail; Unfit if there is none.

    The first of `described` that has one gives it. Kinds are in the annex's order, then come the languages in theirs.
    """
    for one in described:
        for image in _candidates(one, spec, languages):
            defect = _defect_of(image)
            if defect is None:
                return image.url
            notes.add(external_id, PART_LEFT_OUT, f"the {image.kind} {defect}")
    raise Unfit(TITLE_WITHOUT_PICTURE, f"it has no {RATIO} artwork that could be its thumbnail")


def _candidates(one: Described, spec: FeedSpec, languages: Sequence[str]) -> Iterator[Image]:
    images = [*(one.custom_thumbnails if isinstance(one, Title) else ()), *one.images]
    for kind in (kind for kind, use in spec.images.items() if use == THUMBNAIL):
        of_kind = [image for image in images if image.kind is kind]
        yield from sorted(
            of_kind, key=lambda image: (0, False) if image.lang is None else likeness(image.lang, languages)
        )


def _defect_of(image: Image) -> str | None:
    if not is_address(image.url):
        return f"has the address {excerpt(image.url)}"
    if not image.width or not image.height:
        return None
    size = f"has {image.width}x{image.height} pixels"
    if image.width < THUMBNAIL_LEAST_PX[0] or image.height < THUMBNAIL_LEAST_PX[1]:
        return f"{size}, at least {THUMBNAIL_LEAST_PX[0]}x{THUMBNAIL_LEAST_PX[1]} are taken"
    if ratio_off_percent(image.width, image.height, RATIO) > RATIO_OFF_MAX_PERCENT:
        return f"{size}, which is not {RATIO}"
    return None
