"""The content of an item: runtime, period, ad breaks."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.direct_publisher.files import check_trick_play_name, check_video
from edye_delivery.feeds.lint.direct_publisher.parts import check_filled, check_part, entries
from edye_delivery.feeds.lint.keys import moment_text
from edye_delivery.feeds.roku.limits import SHORT_FORM_VIDEO_MAX_S
from edye_delivery.feeds.roku.sources import BEYOND, DIRECT_PAGE
from edye_delivery.feeds.rule import Hit, error, excerpt, warning

OPTIONAL_LISTS = ("captions", "trickPlayFiles", "adBreaks", "schedule")
DAY = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
"""A form that is allowed for a live feed's dateAdded: Roku's own example has no time."""
CONTENT_INCOMPLETE = error(
    "FEED313", "direct-content-incomplete",
    what="content lacks dateAdded or duration.",
    why="Roku needs dateAdded for the category Recently Added, and duration as the runtime; it refuses the item.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Content",
)  # fmt: skip
TIMESTAMP_MALFORMED = error(
    "FEED336", "timestamp-malformed", owner=Owner.DEVOPS,
    what="lastUpdated, dateAdded, validityPeriodStart or validityPeriodEnd is not a timestamp with a time zone.",
    why="Roku cannot know which moment is meant.",
    fix="Write 2015-11-11T22:21:37+00:00.",
    source=f"{DIRECT_PAGE}, Root, Content",
)  # fmt: skip
AD_BREAK_MALFORMED = error(
    "FEED338", "ad-break-malformed", owner=Owner.DEVOPS,
    what="An ad break does not have the form hh:mm:ss.",
    why="Roku drops the ad break.",
    fix="Write the time from the video's beginning, such as 00:07:30.",
    source=f"{DIRECT_PAGE}, Content, adBreaks",
)  # fmt: skip
VALIDITY_BACKWARDS = error(
    "FEED356", "validity-backwards",
    what="validityPeriodStart is not before validityPeriodEnd.",
    why="The content is never available.",
    fix="Correct the start or the end.",
    source=f"{DIRECT_PAGE}, Content; {BEYOND}",
)  # fmt: skip
VALIDITY_CLOSED = error(
    "FEED357", "validity-closed",
    what="validityPeriodEnd has passed.",
    why="The content is no longer available.",
    fix="Extend the period, or take the item out of the feed.",
    source=f"{DIRECT_PAGE}, Content",
)  # fmt: skip
AD_BREAK_LATE = warning(
    "FEED358", "ad-break-late", owner=Owner.DEVOPS,
    what="An ad break is after the end of the video.",
    why="The ad is never shown.",
    fix="Correct the ad break or the duration.",
    source=f"{DIRECT_PAGE}, Content, adBreaks, duration",
)  # fmt: skip
RUNTIME_NOT_POSITIVE = error(
    "FEED359", "runtime-not-positive",
    what="A content's duration is not above 0.",
    why="It is the runtime in seconds; Roku refuses the item.",
    fix="Write the duration of the media file in whole seconds.",
    source=f"{DIRECT_PAGE}, Content, duration; {BEYOND}",
)  # fmt: skip
MOVIE_UNDER_20_MINUTES = warning(
    "FEED360", "movie-under-20-minutes",
    what="A movie is shorter than 20 minutes.",
    why="A video of less than 20 minutes is usually a short-form video.",
    fix="Put it into shortFormVideos, or correct the duration.",
    source=f"{DIRECT_PAGE}, Root, shortFormVideos",
)  # fmt: skip
SHORT_FORM_OVER_20_MINUTES = warning(
    "FEED361", "short-form-over-20-minutes",
    what="A short-form video is longer than 20 minutes.",
    why="Short-form videos are usually less than 20 minutes long.",
    fix="Put it into movies or tvSpecials, or correct the duration.",
    source=f"{DIRECT_PAGE}, Root, shortFormVideos",
)  # fmt: skip
TIMESTAMP_FRACTION = warning(
    "FEED363", "timestamp-with-fraction", owner=Owner.DEVOPS,
    what="lastUpdated, dateAdded, validityPeriodStart or validityPeriodEnd has a fraction of a second.",
    why="The form on Roku's page ends with the seconds; a strict reader drops the moment.",
    fix="Write 2015-11-11T22:21:37+00:00.",
    source=f"{DIRECT_PAGE}, Root, Content",
)  # fmt: skip


def check_content(content: dict[str, Any], path: str, list_key: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of a content; the usual runtime depends on the list (movies, shortFormVideos)."""
    is_live = list_key == "liveFeeds"
    check_part(content, "live_content" if is_live else "content", path, (), hits)
    check_filled(content, OPTIONAL_LISTS, path, hits)
    for index, video in entries(content, "videos"):
        check_video(video, f"{path}/videos/{index}", hits)
    for index, caption in entries(content, "captions"):
        check_part(caption, "caption", f"{path}/captions/{index}", (), hits)
    for index, file in entries(content, "trickPlayFiles"):
        check_part(file, "trick_play_file", f"{path}/trickPlayFiles/{index}", (), hits)
        check_trick_play_name(file, f"{path}/trickPlayFiles/{index}/url", hits)
    if not (is_live and DAY.fullmatch(content.get("dateAdded", ""))):
        check_moment(content, "dateAdded", path, hits)
    check_period(content, path, now_ms, hits)
    duration_s = content.get("duration")
    if duration_s is not None and duration_s <= 0:
        hits.append(RUNTIME_NOT_POSITIVE.at(f"{path}/duration", f"{excerpt(duration_s)} is not above 0"))
    elif duration_s is not None:
        _check_runtime(duration_s, path, list_key, hits)
        _check_ad_breaks(content, duration_s, path, hits)


def check_moment(part: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    """The moment in epoch milliseconds; None with a defect if the key has another form, or the day does not exist."""
    text = part.get(key)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        at_ms = at.timestamp() * 1000 if at.tzinfo else None
    except (ValueError, OverflowError):
        at_ms = None
    if at_ms is None:
        message = f"{excerpt(text)} is not a real moment with a time zone"
        hits.append(TIMESTAMP_MALFORMED.at(f"{path}/{key}", message))
    elif "." in text or "," in text:
        message = f"{excerpt(text)} has a fraction of a second"
        hits.append(TIMESTAMP_FRACTION.at(f"{path}/{key}", message))
    return at_ms


def check_period(part: dict[str, Any], path: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of a validity period; a content has one, and a live feed itself."""
    start_ms = check_moment(part, "validityPeriodStart", path, hits)
    end_ms = check_moment(part, "validityPeriodEnd", path, hits)
    if end_ms is None:
        return
    if start_ms is not None and start_ms >= end_ms:
        message = f"it starts at {moment_text(start_ms)} and ends at {moment_text(end_ms)}"
        hits.append(VALIDITY_BACKWARDS.at(path, message))
    elif end_ms <= now_ms:
        hits.append(VALIDITY_CLOSED.at(f"{path}/validityPeriodEnd", f"it ended at {moment_text(end_ms)}"))


def _check_runtime(duration_s: int, path: str, list_key: str, hits: list[Hit]) -> None:
    if list_key == "movies" and duration_s < SHORT_FORM_VIDEO_MAX_S:
        message = f"{duration_s} s, expected {SHORT_FORM_VIDEO_MAX_S} s or more"
        hits.append(MOVIE_UNDER_20_MINUTES.at(f"{path}/duration", message))
    elif list_key == "shortFormVideos" and duration_s > SHORT_FORM_VIDEO_MAX_S:
        message = f"{excerpt(duration_s)} s, expected {SHORT_FORM_VIDEO_MAX_S} s or less"
        hits.append(SHORT_FORM_OVER_20_MINUTES.at(f"{path}/duration", message))


def _check_ad_breaks(content: dict[str, Any], duration_s: int, path: str, hits: list[Hit]) -> None:
    for index, time_code in entries(content, "adBreaks"):
        numbers = time_code.split(":")
        if len(numbers) == 3 and all(number.isdecimal() and len(number) == 2 for number in numbers):
            hours, minutes, seconds = (int(number) for number in numbers)
            if (at_s := hours * 3600 + minutes * 60 + seconds) > duration_s:
                message = f"{time_code} is {at_s} s, the video is {duration_s} s long"
                hits.append(AD_BREAK_LATE.at(f"{path}/adBreaks/{index}", message))
