"""What the end of a URL tells of the file behind it, before anybody asks for it."""

from __future__ import annotations

import re

from edye_delivery.feeds.lint.value_rules import IMAGE_NAME
from edye_delivery.rules.feed_rule import Hit, shown

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


def ending_of(url: str) -> str:
    """The ending of the file's name in a URL's path, in lower case; empty where there is none that is like one."""
    path = url.partition("?")[0].partition("#")[0].partition("://")[2]
    found = ENDING.search(path, path.rfind("/"))
    return found[1].lower() if found else ""


def check_image_name(url: str, path: str, hits: list[Hit], below: str = "") -> None:
    """Adds a defect at `path` and `below` for an image that is called like one of a format that Roku does not take."""
    if not url.endswith(TAKEN) and (ending := ending_of(url)) in NOT_TAKEN:
        hits.append(IMAGE_NAME.at(path + below, f"{shown(url)} ends with .{ending}, expected .jpg, .png or .gif"))
