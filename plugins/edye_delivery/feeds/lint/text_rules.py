"""FEED1xx, texts: what keeps a title or description from reading well, in both kinds of feed."""

from __future__ import annotations

from edye_delivery.rules.feed_rule import warning

SEARCH = "roku-search-feed.md"
DIRECT = "roku-direct-publisher-feed.md"

TITLE_EXTRA = warning(
    "FEED142", "title-extra-information",
    what="A title has a year in brackets, or a label of its version, such as HD, dubbed or remastered.",
    why="The title is what Roku Search matches; with a year or a version label it matches less.",
    fix="Write the title alone; the year belongs into the release date.",
    source=f"{SEARCH}, Title; {DIRECT}, title",
)  # fmt: skip
DESCRIPTIONS_EQUAL = warning(
    "FEED147", "long-description-idle",
    what="A long description says the same as a short one.",
    why="Roku's own validator warns of it; whoever asks for more reads nothing new.",
    fix="Write a longer text, or leave the long description out.",
    source=f"{SEARCH}, Description",
)  # fmt: skip
MARKUP = warning(
    "FEED149", "markup-in-text",
    what="A text has HTML entities, HTML tags, or characters written as escapes.",
    why="Texts are shown as they are: people read the markup on the screen.",
    fix="Write the text as plain text, with the characters themselves.",
    source=f"{SEARCH}, Title, Description: human readable text; {DIRECT}, title: plain text",
)  # fmt: skip
MISREAD = warning(
    "FEED150", "text-in-wrong-encoding",
    what="A text has characters that come of UTF-8 read as Latin-1 or Windows-1252, or the sign for a lost character.",
    why="People read Ã© instead of é, and Roku Search does not find the title.",
    fix="Correct the text where it was read in the wrong encoding; it is often a spreadsheet or an old database.",
    source="RFC 8259, section 8.1: JSON is UTF-8",
)  # fmt: skip
