"""What is wrong with a picture: the facts measured in it, compared with what its role needs."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.art import ratio_off_percent
from edye_delivery.catalog.facts import BIF, PictureFacts, PictureFailure
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.catalog.wording import count_of
from edye_delivery.feeds.lint.images.places import PicturePlaces, PictureUse, Role
from edye_delivery.feeds.roku.limits import IMAGE_LARGEST_PX, THUMBNAIL_LEAST_PX
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.roku.sources import IMAGE_SECTION, OURS, PRACTICE, THUMBNAIL_SECTION
from edye_delivery.feeds.rule import Hit, error, warning

LANDSCAPE, PORTRAIT = "16:9", "2:3"
LANDSCAPE_OFF_MAX_PERCENT, PORTRAIT_OFF_MAX_PERCENT = 1.5, 4.0
ALSO_SUPPORTED = ("4:3", "3:4", "1:1")
URL_SHOWN_MAX_CHARS = 150
IMAGE_UNREACHABLE = error(
    "FEED501", "image-unreachable", owner=Owner.DEVOPS,
    what="An image's URL does not answer 200 with the whole file, or leads to a private address.",
    why="Roku cannot download the image; a title without its main image is refused.",
    fix="Publish the image where everybody can read it, or correct the URL.",
    source=PRACTICE,
    partner_code="IMAGE_DOWNLOAD_ERROR",
)  # fmt: skip
IMAGE_REDIRECTED = error(
    "FEED502", "image-redirected", owner=Owner.DEVOPS,
    what="An image's URL answers with a redirect.",
    why="Roku does not follow redirects, so it has no image.",
    fix="Write the final address of the image.",
    source=PRACTICE,
    partner_code="IMAGE_DOWNLOAD_ERROR",
)  # fmt: skip
IMAGE_FORMAT = error(
    "FEED503", "image-format", owner=Owner.DESIGN,
    what="The file behind an image's URL is not a JPEG, GIF or PNG, whatever its name says.",
    why="Roku takes no other format.",
    fix="Export the image as JPEG or PNG; if the file is a web page, correct the URL.",
    source=IMAGE_SECTION,
)  # fmt: skip
IMAGE_RATIO_MAIN = error(
    "FEED504", "image-ratio-main", owner=Owner.DESIGN,
    what="A main image is neither 16:9 (within 1.5 %) nor 2:3 (within 4 %).",
    why="Roku drops the image, and refuses the title when no other main image is left.",
    fix="Crop the image to 16:9 or 2:3.",
    source=PRACTICE,
    partner_code="IMAGE_INVALID_MAIN",
)  # fmt: skip
IMAGE_RATIO_OTHER = warning(
    "FEED505", "image-ratio-other", owner=Owner.DESIGN,
    what="A background is neither 16:9 (within 1.5 %) nor 2:3 (within 4 %), or a Direct thumbnail is not 16:9.",
    why="Roku shows it cut or distorted, or does not show it.",
    fix="Crop the image to the ratio.",
    source=f"{IMAGE_SECTION}; {THUMBNAIL_SECTION}",
)  # fmt: skip
IMAGE_TOO_LARGE = error(
    "FEED506", "image-too-large", owner=Owner.DESIGN,
    what="An image of 16:9 has more than 1920x1080 pixels, or any image has too many pixels to be opened.",
    why="1920x1080 is the largest resolution that Roku names.",
    fix="Scale the image down to 1920x1080.",
    source=IMAGE_SECTION,
)  # fmt: skip
POSTER_LARGE = warning(
    "FEED507", "poster-large", owner=Owner.DESIGN,
    what="A poster of 2:3 is wider than 1920 or higher than 1080 pixels.",
    why="Roku's page on images names 1920x1080 as the largest; another page of Roku takes posters up to 2000x3000.",
    fix="Nothing, as long as Roku takes the poster; if not, scale it down to 720x1080.",
    source="decisions.md, what the linter knows beyond the schema: images",
)  # fmt: skip
THUMBNAIL_SMALL = error(
    "FEED508", "thumbnail-small", owner=Owner.DESIGN,
    what="A thumbnail of a Direct Publisher feed is smaller than 800x450 pixels.",
    why="Roku's page requires 800x450 pixels or more.",
    fix="Export the thumbnail again from its master; never upscale.",
    source=THUMBNAIL_SECTION,
)  # fmt: skip
IMAGES_NOT_LOOKED_AT = warning(
    "FEED509", "images-not-looked-at", owner=Owner.DEVOPS,
    what="The feed names more images than were checked.",
    why="Nobody knows whether the other images are good.",
    fix="Raise --max-urls, or check the pages one by one.",
    source=OURS,
)  # fmt: skip
IMAGE_TOO_MANY_BYTES = warning(
    "FEED510", "image-too-many-bytes", owner=Owner.DESIGN,
    what="An image has more bytes than are read.",
    why="It was not checked; a picture of 1920x1080 usually has a tenth of that.",
    fix="Export the image as a JPEG of reasonable quality.",
    source=OURS,
)  # fmt: skip
TRICK_PLAY_NO_BIF = error(
    "FEED511", "trick-play-no-bif", owner=Owner.DEVOPS,
    what="The file behind the URL of a trickplay file is not a BIF file.",
    why="The file must be in Roku's BIF format; otherwise viewers see no pictures while they search in the video.",
    fix="Make the file with Roku's BIF tool, or correct the URL.",
    source="roku-direct-publisher-feed.md, Trickplay File",
)  # fmt: skip
IMAGE_RATIO_ALSO = warning(
    "FEED512", "image-ratio-also-supported", owner=Owner.DESIGN,
    what="All main images of a title are 4:3, 3:4 or 1:1 (profile roku; the profile schema refuses them).",
    why="Roku also supports these ratios, but requires a main image of 16:9 or 2:3.",
    fix="Add a main image of 16:9 or 2:3.",
    source="roku-vod-delivery.md, The Search feed since the seed text",
)  # fmt: skip
FAILURES = {
    PictureFailure.UNREACHABLE: IMAGE_UNREACHABLE,
    PictureFailure.REDIRECTED: IMAGE_REDIRECTED,
    PictureFailure.TOO_MANY_BYTES: IMAGE_TOO_MANY_BYTES,
    PictureFailure.TOO_MANY_PIXELS: IMAGE_TOO_LARGE,
    PictureFailure.NO_PICTURE: IMAGE_FORMAT,
}


def check_picture(facts: PictureFacts, role: Role, profile: Profile = Profile.SCHEMA) -> Iterator[Hit]:
    """The defects of one picture or trickplay file in one role; a ratio that Roku also supports is no defect."""
    url = printable(facts.url, URL_SHOWN_MAX_CHARS)
    if role is Role.TRICK_PLAY:
        yield from _check_trick_play(facts, url)
        return
    if facts.failure is not None:
        yield FAILURES[facts.failure].at("", f"{url} {printable(facts.detail)}")
        return
    if facts.format == BIF:
        yield IMAGE_FORMAT.at("", f"{url} is a BIF file")
        return
    size = f"{url} has {facts.width_px}x{facts.height_px} px"
    is_thumbnail = role is Role.THUMBNAIL
    off = _ratio_off(facts, portraits_allowed=not is_thumbnail)
    if off and (is_thumbnail or not _has_also_supported_ratio(facts, profile)):
        rule = IMAGE_RATIO_MAIN if role is Role.MAIN else IMAGE_RATIO_OTHER
        yield rule.at("", f"{size}, {off}")
    if is_thumbnail:
        if facts.width_px < THUMBNAIL_LEAST_PX[0] or facts.height_px < THUMBNAIL_LEAST_PX[1]:
            yield THUMBNAIL_SMALL.at("", f"{size}, expected {THUMBNAIL_LEAST_PX[0]}x{THUMBNAIL_LEAST_PX[1]} px")
    elif facts.width_px > IMAGE_LARGEST_PX[0] or facts.height_px > IMAGE_LARGEST_PX[1]:
        rule = IMAGE_TOO_LARGE if facts.width_px >= facts.height_px else POSTER_LARGE
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
            yield use.file, use.path, use.asset_id, IMAGE_RATIO_ALSO.at("", message)


def not_looked_at(places: PicturePlaces) -> Iterator[Hit]:
    """A hit with the number of places that named pictures which were not checked."""
    if places.left_out:
        files, more = count_of(len(places.of_url), "file"), count_of(places.left_out, "place")
        yield IMAGES_NOT_LOOKED_AT.at("", f"checked: {files}; not checked: the files of {more}")


def _check_trick_play(facts: PictureFacts, url: str) -> Iterator[Hit]:
    if facts.failure is None and facts.format != BIF:
        yield TRICK_PLAY_NO_BIF.at("", f"{url} is a {facts.format} picture, not a BIF file")
    elif facts.failure in (PictureFailure.UNREACHABLE, PictureFailure.REDIRECTED):
        yield FAILURES[facts.failure].at("", f"{url} {printable(facts.detail)}")
    elif facts.failure is not None:
        yield TRICK_PLAY_NO_BIF.at("", f"{url} does not begin as a BIF file does")


def _has_also_supported_ratio(facts: PictureFacts, profile: Profile) -> bool:
    """Whether the picture has a ratio that Roku's page also supports now, in addition to those that it requires."""
    return profile is Profile.ROKU and any(
        ratio_off_percent(facts.width_px, facts.height_px, ratio) <= LANDSCAPE_OFF_MAX_PERCENT
        for ratio in ALSO_SUPPORTED
    )


def _ratio_off(facts: PictureFacts, *, portraits_allowed: bool) -> str:
    """How far the picture is off the nearest ratio, in words; empty if its ratio is right."""
    landscape = ratio_off_percent(facts.width_px, facts.height_px, LANDSCAPE)
    portrait = ratio_off_percent(facts.width_px, facts.height_px, PORTRAIT)
    if landscape <= LANDSCAPE_OFF_MAX_PERCENT or (portraits_allowed and portrait <= PORTRAIT_OFF_MAX_PERCENT):
        return ""
    if portraits_allowed and portrait < landscape:
        return f"{portrait:.2f} % off {PORTRAIT}, expected {PORTRAIT_OFF_MAX_PERCENT:g} % or less"
    return f"{landscape:.2f} % off {LANDSCAPE}, expected {LANDSCAPE_OFF_MAX_PERCENT:g} % or less"
