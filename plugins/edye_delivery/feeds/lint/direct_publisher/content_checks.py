"""What the Direct Publisher feed's prose asks of the content of an item: videos, runtime, period, ad breaks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from edye_delivery.feeds.lint.direct_publisher import rules
from edye_delivery.feeds.lint.direct_publisher.parts import check_filled, check_part, entries
from edye_delivery.feeds.lint.parts import told_moment
from edye_delivery.feeds.lint.url_checks import ending_of
from edye_delivery.feeds.roku.limits import BITRATE_MAX_KBPS, SHORT_FORM_VIDEO_MAX_S
from edye_delivery.feeds.roku.vocabularies import SINGLE_FILE_TYPES
from edye_delivery.rules.feed_rule import Hit, shown

OPTIONAL_LISTS = ("captions", "trickPlayFiles", "adBreaks", "schedule")
DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
"""What a live feed's dateAdded may be too: Roku's own example of one has no time."""


def check_content(content: dict[str, Any], path: str, list_key: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of a content; movies and shortFormVideos have a runtime that is usual for them."""
    is_live = list_key == "liveFeeds"
    check_part(content, "live_content" if is_live else "content", path, (), hits)
    check_filled(content, OPTIONAL_LISTS, path, hits)
    for index, video in entries(content, "videos"):
        _check_video(video, f"{path}/videos/{index}", hits)
    for index, caption in entries(content, "captions"):
        check_part(caption, "caption", f"{path}/captions/{index}", (), hits)
    for index, file in entries(content, "trickPlayFiles"):
        check_part(file, "trick_play_file", f"{path}/trickPlayFiles/{index}", (), hits)
        _check_trick_play_name(file, f"{path}/trickPlayFiles/{index}/url", hits)
    if not (is_live and DAY.fullmatch(content.get("dateAdded", ""))):
        check_moment(content, "dateAdded", path, hits)
    check_period(content, path, now_ms, hits)
    duration_s = content.get("duration")
    if duration_s is not None and duration_s <= 0:
        hits.append(rules.RUNTIME_NOT_POSITIVE.at(f"{path}/duration", f"{shown(duration_s)} is not above 0"))
    elif duration_s is not None:
        _check_runtime(duration_s, path, list_key, hits)
        _check_ad_breaks(content, duration_s, path, hits)


def check_moment(part: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    """The moment in epoch milliseconds; None, with a defect, where the key has another form or no such day."""
    written = part.get(key)
    if written is None:
        return None
    try:
        at = datetime.fromisoformat(written)
        at_ms = at.timestamp() * 1000 if at.tzinfo else None
    except (ValueError, OverflowError):
        at_ms = None
    if at_ms is None:
        message = f"{shown(written)} is no moment of the calendar with a time zone"
        hits.append(rules.TIMESTAMP_MALFORMED.at(f"{path}/{key}", message))
    elif "." in written or "," in written:
        message = f"{shown(written)} has a fraction of a second"
        hits.append(rules.TIMESTAMP_FRACTION.at(f"{path}/{key}", message))
    return at_ms


def _check_video(video: dict[str, Any], path: str, hits: list[Hit]) -> None:
    check_part(video, "video", path, (), hits)
    bitrate_kbps = video.get("bitrate")
    if bitrate_kbps is None:
        if video.get("videoType") in SINGLE_FILE_TYPES:
            hits.append(rules.BITRATE_MISSING.at(path, f"{video['videoType']} without bitrate", "bitrate"))
    elif bitrate_kbps <= 0:
        hits.append(rules.BITRATE_NOT_POSITIVE.at(f"{path}/bitrate", f"{shown(bitrate_kbps)} is not above 0"))
    elif bitrate_kbps > BITRATE_MAX_KBPS:
        message = f"{shown(bitrate_kbps)} kbps, at most {BITRATE_MAX_KBPS} are meant"
        hits.append(rules.BITRATE_IN_BITS.at(f"{path}/bitrate", message))
    if video.get("quality") == "SD":
        hits.append(rules.QUALITY_SD.at(f"{path}/quality", "SD is below HD, which is 720p"))


def _check_trick_play_name(file: dict[str, Any], path: str, hits: list[Hit]) -> None:
    ending = ending_of(file.get("url", ""))
    if ending not in ("", "bif"):
        hits.append(rules.TRICK_PLAY_NAME.at(path, f"it ends with .{ending}, a BIF file with .bif"))


def check_period(part: dict[str, Any], path: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of a validity period: of a content, or of a live feed itself."""
    start_ms = check_moment(part, "validityPeriodStart", path, hits)
    end_ms = check_moment(part, "validityPeriodEnd", path, hits)
    if end_ms is None:
        return
    if start_ms is not None and start_ms >= end_ms:
        message = f"it starts at {told_moment(start_ms)} and ends at {told_moment(end_ms)}"
        hits.append(rules.VALIDITY_BACKWARDS.at(path, message))
    elif end_ms <= now_ms:
        hits.append(rules.VALIDITY_CLOSED.at(f"{path}/validityPeriodEnd", f"it ended at {told_moment(end_ms)}"))


def _check_runtime(duration_s: int, path: str, list_key: str, hits: list[Hit]) -> None:
    if list_key == "movies" and duration_s < SHORT_FORM_VIDEO_MAX_S:
        message = f"{duration_s} s, at least {SHORT_FORM_VIDEO_MAX_S} s are meant"
        hits.append(rules.MOVIE_UNDER_20_MINUTES.at(f"{path}/duration", message))
    elif list_key == "shortFormVideos" and duration_s > SHORT_FORM_VIDEO_MAX_S:
        message = f"{shown(duration_s)} s, at most {SHORT_FORM_VIDEO_MAX_S} s are meant"
        hits.append(rules.SHORT_FORM_OVER_20_MINUTES.at(f"{path}/duration", message))


def _check_ad_breaks(content: dict[str, Any], duration_s: int, path: str, hits: list[Hit]) -> None:
    for index, time_code in entries(content, "adBreaks"):
        numbers = time_code.split(":")
        if len(numbers) == 3 and all(number.isdecimal() and len(number) == 2 for number in numbers):
            hours, minutes, seconds = (int(number) for number in numbers)
            if (at_s := hours * 3600 + minutes * 60 + seconds) > duration_s:
                message = f"{time_code} is {at_s} s, the video has {duration_s} s"
                hits.append(rules.AD_BREAK_LATE.at(f"{path}/adBreaks/{index}", message))
