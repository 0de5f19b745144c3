"""FEED5xx: the pictures that a feed names, as they really are (only with --check-urls)."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error, warning

IMAGE = "roku-search-feed.md, Image"
PRACTICE = "decisions.md, Known of Roku's own checks, in practice"
THUMBNAIL = "roku-direct-publisher-feed.md, thumbnail"
OURS = "our own bound: what --check-urls looks at"

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
    fix="Write the address at which the image finally is.",
    source=PRACTICE,
    partner_code="IMAGE_DOWNLOAD_ERROR",
)  # fmt: skip
IMAGE_FORMAT = error(
    "FEED503", "image-format", owner=Owner.DESIGN,
    what="What an image's URL answers is no JPEG, GIF or PNG, whatever its name says.",
    why="Roku takes no other format.",
    fix="Export the image as JPEG or PNG; where it is a web page, correct the URL.",
    source=IMAGE,
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
    why="It is shown cut or distorted, or not at all.",
    fix="Crop the image to the ratio.",
    source=f"{IMAGE}; {THUMBNAIL}",
)  # fmt: skip
IMAGE_TOO_LARGE = error(
    "FEED506", "image-too-large", owner=Owner.DESIGN,
    what="An image of 16:9 has more than 1920x1080 pixels, or any image has so many that nobody would open it.",
    why="1920x1080 is the largest resolution that Roku names.",
    fix="Scale the image down to 1920x1080.",
    source=IMAGE,
)  # fmt: skip
POSTER_LARGE = warning(
    "FEED507", "poster-large", owner=Owner.DESIGN,
    what="A poster of 2:3 is wider than 1920 or higher than 1080 pixels.",
    why="The page on images names 1920x1080 as the largest; another of Roku's pages takes posters up to 2000x3000.",
    fix="Nothing while Roku takes the poster; else scale it down to 720x1080.",
    source="decisions.md, what the linter knows beyond the schema: images",
)  # fmt: skip
THUMBNAIL_SMALL = error(
    "FEED508", "thumbnail-small", owner=Owner.DESIGN,
    what="A thumbnail of a Direct Publisher feed is smaller than 800x450 pixels.",
    why="Image dimensions must be at least 800x450.",
    fix="Export the thumbnail again from its master; never upscale.",
    source=THUMBNAIL,
)  # fmt: skip
IMAGES_NOT_LOOKED_AT = warning(
    "FEED509", "images-not-looked-at", owner=Owner.DEVOPS,
    what="The feed names more images than were looked at.",
    why="What was not looked at is neither good nor bad.",
    fix="Raise --max-urls, or check the pages one by one.",
    source=OURS,
)  # fmt: skip
IMAGE_TOO_MANY_BYTES = warning(
    "FEED510", "image-too-many-bytes", owner=Owner.DESIGN,
    what="An image has more bytes than were read.",
    why="Nothing can be said of it; a picture of 1920x1080 has a tenth of that.",
    fix="Export the image as a JPEG of reasonable quality.",
    source=OURS,
)  # fmt: skip
TRICK_PLAY_NO_BIF = error(
    "FEED511", "trick-play-no-bif", owner=Owner.DEVOPS,
    what="What the URL of a trickplay file answers is no BIF file.",
    why="The file must be in Roku's BIF format; with another one nothing is shown while scrubbing.",
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
