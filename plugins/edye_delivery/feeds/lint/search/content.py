"""What is played: the content of an asset, its media and its play options."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.play_options import check_play_options
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA, TRAPS
from edye_delivery.feeds.rule import FeedRule, Hit, error

CONTENT_SHAPE = error(
    "FEED025", "content-shape", owner=Owner.DEVOPS,
    what="content has neither media nor playOptions, or both.",
    why="The schema allows exactly one of them; Roku refuses the asset.",
    fix="Use playOptions; media is for content that The Roku Channel hosts.",
    source=f"{SEARCH_SCHEMA}, content",
)  # fmt: skip
AUDIO_FORMAT_UNKNOWN = error(
    "FEED033", "audio-format-unknown", owner=Owner.DEVOPS,
    what="An audio format is not in the list.",
    why="Roku drops the format.",
    fix="Use mono, stereo, dolby digital, dolby atmos or dolby digital plus.",
    source=f"{SEARCH_SCHEMA}, audio_format_type",
)  # fmt: skip
MEDIA_INCOMPLETE = error(
    "FEED034", "media-incomplete", owner=Owner.DEVOPS,
    what="content.media, or one of its videos, captions, trickPlayFiles, cue points or audio tracks, lacks a key.",
    why="Roku drops the part, and the title without its videos.",
    fix="Add the key that the message names.",
    source=f"{SEARCH_SCHEMA}, media",
)  # fmt: skip
MEDIA_VALUE_UNKNOWN = error(
    "FEED035", "media-value-unknown", owner=Owner.DEVOPS,
    what="A value in content.media is not in its list.",
    why="Roku drops the part.",
    fix="Use one of the values that the message names.",
    source=f"{SEARCH_SCHEMA}, media",
)  # fmt: skip
MEDIA_LISTS_SWAPPED = error(
    "FEED036", "media-lists-swapped", owner=Owner.DEVOPS,
    what="A media video has the right quality and videoType, but the published schema refuses them.",
    why="The schema has the two lists the wrong way round: it asks for quality mp4 and videoType hd.",
    fix="Use playOptions, or check with the profile roku, which knows the right lists.",
    source=TRAPS,
)  # fmt: skip
CONTENT_MISSING = error(
    "FEED107", "content-missing", owner=Owner.DEVOPS,
    what="A playable asset has no content, or no play option.",
    why="There is nothing to play when a viewer chooses the title.",
    fix="Add content with at least one play option.",
    source=f"{SEARCH_PAGE}, Asset, Content",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip


LISTED: dict[str, FeedRule] = {
    "content/media/audioFormats": AUDIO_FORMAT_UNKNOWN,
    "content/playOptions/audioFormats": AUDIO_FORMAT_UNKNOWN,
}


def check_content(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the content and its play options."""
    content = asset.get("content")
    if content is not None:
        unknown_keys(content, context.known.content, "/content", hits)
        check_play_options(content.get("playOptions", ()), context, hits)


def check_has_content(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds a defect if a playable asset has nothing to play."""
    content = asset.get("content")
    if content is None or (not content.get("playOptions") and "media" not in content and "playOptions" in content):
        hits.append(CONTENT_MISSING.at("", "content has no play option", "content"))
