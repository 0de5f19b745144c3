"""The files of a content: videos, captions, trick play."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.direct_publisher.parts import check_part
from edye_delivery.feeds.lint.urls import ending_of
from edye_delivery.feeds.roku.limits import BITRATE_MAX_KBPS
from edye_delivery.feeds.roku.sources import DIRECT_PAGE, LOST
from edye_delivery.feeds.roku.vocabularies import SINGLE_FILE_TYPES
from edye_delivery.feeds.rule import Hit, error, excerpt, warning

VIDEOS_MISSING = error(
    "FEED314", "videos-missing", owner=Owner.DEVOPS,
    what="content has no video, or in a live feed neither a video nor a schedule.",
    why="There is nothing to play.",
    fix="Add at least one video with url, quality and videoType.",
    source=f"{DIRECT_PAGE}, Content",
)  # fmt: skip
VIDEO_INCOMPLETE = error(
    "FEED315", "video-incomplete", owner=Owner.DEVOPS,
    what="A video lacks its url, quality or videoType.",
    why="Roku drops the video, and the whole item if no other is left.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Video",
)  # fmt: skip
CAPTION_INCOMPLETE = error(
    "FEED316", "caption-incomplete", owner=Owner.DEVOPS,
    what="A caption file lacks its url, language or captionType.",
    why="Roku drops the captions. Keys are case sensitive: the example on Roku's page has Language by mistake.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Caption File",
)  # fmt: skip
TRICK_PLAY_INCOMPLETE = error(
    "FEED317", "trick-play-incomplete", owner=Owner.DEVOPS,
    what="A trickplay file lacks its url or quality.",
    why="Roku drops the file.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Trickplay File",
)  # fmt: skip
VIDEO_QUALITY_UNKNOWN = error(
    "FEED328", "video-quality-unknown", owner=Owner.DEVOPS,
    what="A video's quality is not in the list.",
    why="Roku drops the video, and the whole item if no other is left.",
    fix="Use HD for 720p, FHD for 1080p, UHD for 4K, in upper case.",
    source=f"{DIRECT_PAGE}, Video; {LOST}",
)  # fmt: skip
VIDEO_TYPE_UNKNOWN = error(
    "FEED329", "video-type-unknown", owner=Owner.DEVOPS,
    what="A videoType is not in the list.",
    why="Roku drops the video, and the whole item if no other is left.",
    fix="Use HLS, SMOOTH, DASH, MP4, MOV or M4V, in upper case.",
    source=f"{DIRECT_PAGE}, Video; {LOST}",
)  # fmt: skip
CAPTION_TYPE_UNKNOWN = error(
    "FEED330", "caption-type-unknown", owner=Owner.DEVOPS,
    what="A captionType is not in the list.",
    why="Roku drops the captions.",
    fix="Use CLOSED_CAPTION or SUBTITLE.",
    source=f"{DIRECT_PAGE}, Caption File; {LOST}",
)  # fmt: skip
TRICK_PLAY_QUALITY_UNKNOWN = error(
    "FEED331", "trick-play-quality-unknown", owner=Owner.DEVOPS,
    what="A trickplay file's quality is not in the list.",
    why="Roku drops the file; UHD was removed on 2016-08-18.",
    fix="Use HD or FHD.",
    source=f"{DIRECT_PAGE}, Trickplay File, change log; {LOST}",
)  # fmt: skip
BITRATE_MISSING = error(
    "FEED344", "bitrate-missing", owner=Owner.DEVOPS,
    what="A video that is a single file (MP4, MOV, M4V) has no bitrate.",
    why="The player chooses a file by bandwidth, so Roku requires a bitrate for non-adaptive streams.",
    fix="Add the bitrate in kbps.",
    source=f"{DIRECT_PAGE}, Video, bitrate",
)  # fmt: skip
BITRATE_NOT_POSITIVE = error(
    "FEED345", "bitrate-not-positive", owner=Owner.DEVOPS,
    what="A bitrate is not above 0.",
    why="The player cannot choose a file by such a bitrate.",
    fix="Write the bitrate of the media file in kbps; leave it out for an adaptive stream.",
    source=f"{DIRECT_PAGE}, Video, bitrate",
)  # fmt: skip
BITRATE_IN_BITS = warning(
    "FEED346", "bitrate-in-bits", owner=Owner.DEVOPS,
    what="A bitrate is above 100000 kbps: it is in bits per second, not in kbps.",
    why="The player then finds no connection fast enough for the video.",
    fix="Divide by 1000; EDYE's sources give bits per second.",
    source=f"{DIRECT_PAGE}, Video, bitrate; {LOST}",
)  # fmt: skip
QUALITY_SD = warning(
    "FEED347", "quality-sd",
    what="A video's quality is SD.",
    why="Roku's change log adds SD, but no list on Roku's page ever had it.",
    fix="Deliver 720p or more, and write HD.",
    source=f"{DIRECT_PAGE}, change log; {LOST}",
)  # fmt: skip
TRICK_PLAY_NAME = warning(
    "FEED365", "trick-play-name", owner=Owner.DEVOPS,
    what="The URL of a trickplay file has the ending of another kind of file, not .bif.",
    why="The file must be in Roku's BIF format; otherwise viewers see no pictures while they search in the video.",
    fix="Name a BIF file; --check-urls checks what the URL answers.",
    source=f"{DIRECT_PAGE}, Trickplay File",
)  # fmt: skip


def check_video(video: dict[str, Any], path: str, hits: list[Hit]) -> None:
    """Adds every defect of a video."""
    check_part(video, "video", path, (), hits)
    bitrate_kbps = video.get("bitrate")
    if bitrate_kbps is None:
        if video.get("videoType") in SINGLE_FILE_TYPES:
            hits.append(BITRATE_MISSING.at(path, f"{video['videoType']} without bitrate", "bitrate"))
    elif bitrate_kbps <= 0:
        hits.append(BITRATE_NOT_POSITIVE.at(f"{path}/bitrate", f"{excerpt(bitrate_kbps)} is not above 0"))
    elif bitrate_kbps > BITRATE_MAX_KBPS:
        message = f"{excerpt(bitrate_kbps)} kbps, expected {BITRATE_MAX_KBPS} kbps or less"
        hits.append(BITRATE_IN_BITS.at(f"{path}/bitrate", message))
    if video.get("quality") == "SD":
        hits.append(QUALITY_SD.at(f"{path}/quality", "SD is below HD, which is 720p"))


def check_trick_play_name(file: dict[str, Any], path: str, hits: list[Hit]) -> None:
    """Adds a defect for a trickplay file whose name does not end with .bif."""
    ending = ending_of(file.get("url", ""))
    if ending not in ("", "bif"):
        hits.append(TRICK_PLAY_NAME.at(path, f"it ends with .{ending}, expected .bif"))
