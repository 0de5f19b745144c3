"""What the end of a URL tells of the file behind it, before anybody asks for it."""

from __future__ import annotations

import re

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.rule import Hit, error, excerpt, warning

ENDING = re.compile(r"/[^/?#]*\.([A-Za-z][A-Za-z0-9]{1,4})(?:[?#]|$)")
TAKEN = (".jpg", ".jpeg", ".png", ".gif")
NOT_TAKEN = frozenset(
    {
        "svg",
        "svgz",
        "webp",
        "avif",
        "heic",
        "heif",
        "bmp",
        "tif",
        "tiff",
        "psd",
        "ai",
        "eps",
        "pdf",
        "jp2",
        "jxl",
        "ico",
    }
)
URL_NOT_HTTP = error(
    "FEED023", "url-not-http", owner=Owner.DEVOPS,
    what="A URL does not begin with http:// or https://. On the last page nextPageUrl is absent, not empty.",
    why="Roku cannot fetch it.",
    fix="Write the whole URL, or leave nextPageUrl out of the last page.",
    source=f"{SEARCH_SCHEMA}, url, nextPageUrl; decisions.md, Search feed: what we write",
)  # fmt: skip
IMAGE_NAME = warning(
    "FEED143", "image-name-format", owner=Owner.DESIGN,
    what="The URL of an image ends with a format that Roku does not take, such as .webp or .svg.",
    why="Roku takes JPEG, GIF and PNG; a title without a main image is refused.",
    fix="Export the image as JPEG or PNG; --check-urls looks at what the URL answers.",
    source=f"{SEARCH_PAGE}, Image",
)  # fmt: skip


def ending_of(url: str) -> str:
    """The ending of the file's name in a URL's path, in lower case; empty where there is none that is like one."""
    path = url.partition("?")[0].partition("#")[0].partition("://")[2]
    found = ENDING.search(path, path.rfind("/"))
    return found[1].lower() if found else ""


def check_image_name(url: str, path: str, hits: list[Hit], below: str = "") -> None:
    """Adds a defect at `path` and `below` for an image that is called like one of a format that Roku does not take."""
    if not url.endswith(TAKEN) and (ending := ending_of(url)) in NOT_TAKEN:
        hits.append(IMAGE_NAME.at(path + below, f"{excerpt(url)} ends with .{ending}, expected .jpg, .png or .gif"))
