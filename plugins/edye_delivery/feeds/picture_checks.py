"""What is wrong with a picture, by what was measured of it and what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.facts import PictureFacts, PictureFailure
from edye_delivery.catalog.printable import printable
from edye_delivery.feeds import picture_rules as rules
from edye_delivery.feeds.picture_places import PicturePlaces, Role
from edye_delivery.feeds.registry import Hit

LANDSCAPE, PORTRAIT = "16:9", "2:3"
LANDSCAPE_OFF_MAX_PERCENT, PORTRAIT_OFF_MAX_PERCENT = 1.5, 4.0
LARGEST_PX = (1920, 1080)
THUMBNAIL_LEAST_PX = (800, 450)
URL_SHOWN_MAX_CHARS = 150
FAILURES = {
    PictureFailure.UNREACHABLE: rules.IMAGE_UNREACHABLE,
    PictureFailure.REDIRECTED: rules.IMAGE_REDIRECTED,
    PictureFailure.TOO_MANY_BYTES: rules.IMAGE_TOO_MANY_BYTES,
    PictureFailure.TOO_MANY_PIXELS: rules.IMAGE_TOO_LARGE,
    PictureFailure.NO_PICTURE: rules.IMAGE_FORMAT,
}


def check_picture(facts: PictureFacts, role: Role) -> Iterator[Hit]:
    """The defects of one picture in one role."""
    url = printable(facts.url, URL_SHOWN_MAX_CHARS)
    if facts.failure is not None:
        yield FAILURES[facts.failure].at("", f"{url} {printable(facts.detail)}")
        return
    size = f"{url} has {facts.width_px}x{facts.height_px} px"
    is_thumbnail = role is Role.THUMBNAIL
    off = _ratio_off(facts, portraits_allowed=not is_thumbnail)
    if off:
        rule = rules.IMAGE_RATIO_MAIN if role is Role.MAIN else rules.IMAGE_RATIO_OTHER
        yield rule.at("", f"{size}, {off}")
    if is_thumbnail:
        if facts.width_px < THUMBNAIL_LEAST_PX[0] or facts.height_px < THUMBNAIL_LEAST_PX[1]:
            yield rules.THUMBNAIL_SMALL.at("", f"{size}, expected {THUMBNAIL_LEAST_PX[0]}x{THUMBNAIL_LEAST_PX[1]} px")
    elif facts.width_px > LARGEST_PX[0] or facts.height_px > LARGEST_PX[1]:
        rule = rules.IMAGE_TOO_LARGE if facts.width_px >= facts.height_px else rules.POSTER_LARGE
        yield rule.at("", f"{size}, expected {LARGEST_PX[0]}x{LARGEST_PX[1]} px or less")


def check_places(
    places: PicturePlaces, facts_of: dict[str, PictureFacts]
) -> Iterator[tuple[str, str, str | None, Hit]]:
    """The defects of all pictures at all their places: file, JSON pointer, asset id, defect."""
    for url, uses in places.of_url.items():
        hits = {role: list(check_picture(facts_of[url], role)) for role in {use.role for use in uses}}
        for use in uses:
            for hit in hits[use.role]:
                yield use.file, use.path, use.asset_id, hit


def not_looked_at(places: PicturePlaces) -> Iterator[Hit]:
    """Says how many places named pictures that were not looked at."""
    if places.left_out:
        looked = f"{len(places.of_url):,} images were looked at"
        yield rules.IMAGES_NOT_LOOKED_AT.at("", f"{looked}, those of {places.left_out:,} further places were not")


def _ratio_off(facts: PictureFacts, *, portraits_allowed: bool) -> str:
    """By how much the picture misses the ratio that it comes near to, in words; nothing where it has it."""
    landscape = ratio_off_percent(facts.width_px, facts.height_px, LANDSCAPE)
    portrait = ratio_off_percent(facts.width_px, facts.height_px, PORTRAIT)
    if landscape <= LANDSCAPE_OFF_MAX_PERCENT or (portraits_allowed and portrait <= PORTRAIT_OFF_MAX_PERCENT):
        return ""
    if portraits_allowed and portrait < landscape:
        return f"{portrait:.2f} % off {PORTRAIT}, expected {PORTRAIT_OFF_MAX_PERCENT:g} % or less"
    return f"{landscape:.2f} % off {LANDSCAPE}, expected {LANDSCAPE_OFF_MAX_PERCENT:g} % or less"
