"""What is wrong with a picture, by what was measured of it and what it is for."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.facts import BIF, PictureFacts, PictureFailure
from edye_delivery.catalog.printable import printable
from edye_delivery.feeds.lint.images import rules
from edye_delivery.feeds.lint.images.places import PicturePlaces, PictureUse, Role
from edye_delivery.feeds.lint.wording import counted
from edye_delivery.feeds.roku.limits import IMAGE_LARGEST_PX, THUMBNAIL_LEAST_PX
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.rules.feed_rule import Hit

LANDSCAPE, PORTRAIT = "16:9", "2:3"
LANDSCAPE_OFF_MAX_PERCENT, PORTRAIT_OFF_MAX_PERCENT = 1.5, 4.0
ALSO_SUPPORTED = ("4:3", "3:4", "1:1")
URL_SHOWN_MAX_CHARS = 150
FAILURES = {
    PictureFailure.UNREACHABLE: rules.IMAGE_UNREACHABLE,
    PictureFailure.REDIRECTED: rules.IMAGE_REDIRECTED,
    PictureFailure.TOO_MANY_BYTES: rules.IMAGE_TOO_MANY_BYTES,
    PictureFailure.TOO_MANY_PIXELS: rules.IMAGE_TOO_LARGE,
    PictureFailure.NO_PICTURE: rules.IMAGE_FORMAT,
}


def check_picture(facts: PictureFacts, role: Role, profile: Profile = Profile.SCHEMA) -> Iterator[Hit]:
    """The defects of one picture, or trickplay file, in one role; a ratio that Roku also supports is none of these."""
    url = printable(facts.url, URL_SHOWN_MAX_CHARS)
    if role is Role.TRICK_PLAY:
        yield from _check_trick_play(facts, url)
        return
    if facts.failure is not None:
        yield FAILURES[facts.failure].at("", f"{url} {printable(facts.detail)}")
        return
    if facts.format == BIF:
        yield rules.IMAGE_FORMAT.at("", f"{url} is a BIF file")
        return
    size = f"{url} has {facts.width_px}x{facts.height_px} px"
    is_thumbnail = role is Role.THUMBNAIL
    off = _ratio_off(facts, portraits_allowed=not is_thumbnail)
    if off and (is_thumbnail or not _has_also_supported_ratio(facts, profile)):
        rule = rules.IMAGE_RATIO_MAIN if role is Role.MAIN else rules.IMAGE_RATIO_OTHER
        yield rule.at("", f"{size}, {off}")
    if is_thumbnail:
        if facts.width_px < THUMBNAIL_LEAST_PX[0] or facts.height_px < THUMBNAIL_LEAST_PX[1]:
            yield rules.THUMBNAIL_SMALL.at("", f"{size}, expected {THUMBNAIL_LEAST_PX[0]}x{THUMBNAIL_LEAST_PX[1]} px")
    elif facts.width_px > IMAGE_LARGEST_PX[0] or facts.height_px > IMAGE_LARGEST_PX[1]:
        rule = rules.IMAGE_TOO_LARGE if facts.width_px >= facts.height_px else rules.POSTER_LARGE
        yield rule.at("", f"{size}, expected {IMAGE_LARGEST_PX[0]}x{IMAGE_LARGEST_PX[1]} px or less")


def check_places(
    places: PicturePlaces, facts_of: dict[str, PictureFacts], profile: Profile
) -> Iterator[tuple[str, str, str | None, Hit]]:
    """The defects of all pictures at all their places: file, JSON pointer, asset id, defect."""
    also: dict[tuple[str, str], list[tuple[PictureUse, str]]] = {}
    required: set[tuple[str, str]] = set()
    for url, uses in places.of_url.items():
        facts = facts_of[url]
        hits = {role: list(check_picture(facts, role, profile)) for role in {use.role for use in uses}}
        for use in uses:
            for hit in hits[use.role]:
                yield use.file, use.path, use.asset_id, hit
            if profile is Profile.ROKU and use.role is Role.MAIN and facts.failure is None and facts.width_px:
                asset = (use.file, use.path.partition("/images/")[0])
                if not _ratio_off(facts, portraits_allowed=True):
                    required.add(asset)
                elif _has_also_supported_ratio(facts, profile):
                    message = f"{printable(url, URL_SHOWN_MAX_CHARS)} has {facts.width_px}x{facts.height_px} px"
                    also.setdefault(asset, []).append((use, message))
    for asset in also.keys() - required:
        for use, message in also[asset]:
            yield use.file, use.path, use.asset_id, rules.IMAGE_RATIO_ALSO.at("", message)


def not_looked_at(places: PicturePlaces) -> Iterator[Hit]:
    """Says how many places named pictures that were not looked at."""
    if places.left_out:
        looked = f"looked at: {counted(len(places.of_url), 'file')}"
        yield rules.IMAGES_NOT_LOOKED_AT.at(
            "", f"{looked}; not looked at: those of {counted(places.left_out, 'place')}"
        )


def _check_trick_play(facts: PictureFacts, url: str) -> Iterator[Hit]:
    if facts.failure is None and facts.format != BIF:
        yield rules.TRICK_PLAY_NO_BIF.at("", f"{url} is a {facts.format} picture, no BIF file")
    elif facts.failure in (PictureFailure.UNREACHABLE, PictureFailure.REDIRECTED):
        yield FAILURES[facts.failure].at("", f"{url} {printable(facts.detail)}")
    elif facts.failure is not None:
        yield rules.TRICK_PLAY_NO_BIF.at("", f"{url} does not begin as a BIF file does")


def _has_also_supported_ratio(facts: PictureFacts, profile: Profile) -> bool:
    """Whether Roku's page has come to take the picture's ratio, beside those that it requires."""
    return profile is Profile.ROKU and any(
        ratio_off_percent(facts.width_px, facts.height_px, ratio) <= LANDSCAPE_OFF_MAX_PERCENT
        for ratio in ALSO_SUPPORTED
    )


def _ratio_off(facts: PictureFacts, *, portraits_allowed: bool) -> str:
    """By how much the picture misses the ratio that it comes near to, in words; nothing where it has it."""
    landscape = ratio_off_percent(facts.width_px, facts.height_px, LANDSCAPE)
    portrait = ratio_off_percent(facts.width_px, facts.height_px, PORTRAIT)
    if landscape <= LANDSCAPE_OFF_MAX_PERCENT or (portraits_allowed and portrait <= PORTRAIT_OFF_MAX_PERCENT):
        return ""
    if portraits_allowed and portrait < landscape:
        return f"{portrait:.2f} % off {PORTRAIT}, expected {PORTRAIT_OFF_MAX_PERCENT:g} % or less"
    return f"{landscape:.2f} % off {LANDSCAPE}, expected {LANDSCAPE_OFF_MAX_PERCENT:g} % or less"
