"""What the ending of a URL says about the file behind it, without opening it."""

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
    what="A URL does not begin with http:// or https://. An empty nextPageUrl on the last page is such a URL.",
    why="Roku cannot fetch it.",
    fix="Write the whole URL, or leave nextPageUrl out of the last page.",
    source=f"{SEARCH_SCHEMA}, url, nextPageUrl; decisions.md, Search feed: what we write",
)  # fmt: skip
IMAGE_NAME = warning(
    "FEED143", "image-name-format", owner=Owner.DESIGN,
    what="The URL of an image ends with a format that Roku does not take, such as .webp or .svg.",
    why="Roku takes JPEG, GIF and PNG; a title without a main image is refused.",
    fix="Export the image as JPEG or PNG; --check-urls checks what the URL answers.",
    source=f"{SEARCH_PAGE}, Image",
)  # fmt: skip


def ending_of(url: str) -> str:
    """The ending of the file name in a URL's path, in lower case; empty if there is none."""
    path = url.partition("?")[0].partition("#")[0].partition("://")[2]
    match = ENDING.search(path, path.rfind("/"))
    return match[1].lower() if match else ""


def check_image_name(url: str, path: str, hits: list[Hit], below: str = "") -> None:
    """Adds a defect at `path` and `below` for an image whose ending is that of a format that Roku does not take."""
    if not url.endswith(TAKEN) and (ending := ending_of(url)) in NOT_TAKEN:
        hits.append(IMAGE_NAME.at(path + below, f"{excerpt(url)} ends with .{ending}, expected .jpg, .png or .gif"))
