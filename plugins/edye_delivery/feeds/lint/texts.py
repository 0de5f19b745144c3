"""Rules of both kinds of feed on texts that people read: no markup, the right encoding, nothing extra in a title."""

from __future__ import annotations

import re

from edye_delivery.catalog.text_defects import markup_in, misread_in, reread
from edye_delivery.feeds.roku.sources import DIRECT_PAGE, SEARCH_PAGE
from edye_delivery.feeds.rule import Hit, excerpt, warning

SIZES = frozenset({"4k", "8k", "hd", "uhd", "fhd", "720p", "1080p", "1080i", "2160p"})
LABELS = (
    rf"(?:in |en |em )?(?:{'|'.join(sorted(SIZES))}|full hd|ultra hd|hdr)|dvd|blu-?ray|vose|v\.?\s?[0-9]+|"
    r"dub(?:bed)?|sub(?:bed|titled|s)|uncut|unrated|remastered|restored|extended|special edition|"
    r"[a-z]+(?:['\u2019]s)? (?:version|cut)|"
    r"doblad[ao]|subtitulad[ao]|remasterizad[ao]|versi[oó]n(?: [a-záéíóúñ]+){1,3}|edici[oó]n especial|sin censura|"
    r"dublad[ao]|legendad[ao]|vers[aã]o(?: [a-záéíóúâêôãõç]+){1,3}|edi[cç][aã]o especial"
)
IN_BRACKETS = re.compile(
    rf"[(\[]\s*(?:(?:19|20)[0-9]{{2}}(?:\s?[-\u2013/]\s?[0-9]{{2,4}})?|{LABELS})\s*[)\]]", re.IGNORECASE
)
"""A year counts only in brackets, because there are films with the titles 1917 and 2012."""
AFTER_DASH = re.compile(rf"\s[-\u2013|]\s+(?:{LABELS})\s*$", re.IGNORECASE)
TITLE_EXTRA = warning(
    "FEED142", "title-extra-information",
    what="A title has a year in brackets, or a label for its version, such as HD, dubbed or remastered.",
    why="Roku Search looks for the title; with a year or a version label it is found less often.",
    fix="Write only the title; the year belongs in the release date.",
    source=f"{SEARCH_PAGE}, Title; {DIRECT_PAGE}, title",
)  # fmt: skip
MARKUP = warning(
    "FEED149", "markup-in-text",
    what="A text has HTML entities, HTML tags, or characters written as escapes.",
    why="Roku shows texts as they are, so people read the markup on the screen.",
    fix="Write the text as plain text, with the characters themselves.",
    source=f"{SEARCH_PAGE}, Title, Description: human readable text; {DIRECT_PAGE}, title: plain text",
)  # fmt: skip
MISREAD = warning(
    "FEED150", "text-in-wrong-encoding",
    what="A text has characters that appear when UTF-8 is read as Latin-1 or Windows-1252, or the sign for a lost one.",
    why="People read Ã© instead of é, and Roku Search does not find the title.",
    fix="Correct the import that read the text in the wrong encoding, often from a spreadsheet or an old database.",
    source="RFC 8259, section 8.1: JSON is UTF-8",
)  # fmt: skip


def check_plain(text: str, path: str, hits: list[Hit], below: str = "") -> None:
    """Adds a defect for markup in a text, and one for characters from a wrong encoding.

    The text's place is `path` and `below`; they are joined only if there is a defect, which saves time.
    """
    if text.isascii() and "&" not in text and "<" not in text and "\\" not in text:
        return
    markup = markup_in(text)
    if markup:
        hits.append(MARKUP.at(path + below, f"{excerpt(text)} has {', '.join(map(excerpt, markup))}"))
    misread = misread_in(text)
    if misread:
        hits.append(MISREAD.at(path + below, f"{excerpt(text)} has {', '.join(map(_correction_of, misread))}"))


def check_title(title: str, path: str, hits: list[Hit], below: str = "") -> None:
    """Adds a defect if a title has a year or a version label in it; the place as in `check_plain`."""
    extra = _extra_of(title)
    if extra:
        hits.append(TITLE_EXTRA.at(path + below, f"{excerpt(title)} has {excerpt(extra)}"))


def _extra_of(title: str) -> str:
    """The year or version label in a title; empty if there is none."""
    last = title.rpartition(" ")[2]
    if last.lower() in SIZES and last != title:
        return last
    match = IN_BRACKETS.search(title) if "(" in title or "[" in title else None
    if match is None and (" - " in title or " \u2013 " in title or " | " in title):
        match = AFTER_DASH.search(title)
    return match[0].strip() if match else ""


def _correction_of(misread: str) -> str:
    correct = reread(misread)
    return f"{excerpt(misread)} for {excerpt(correct)}" if correct else excerpt(misread)
