"""Titles and descriptions of an asset, and their languages."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.texts import check_plain, check_title
from edye_delivery.feeds.roku.limits import LONG_DESCRIPTION_MAX_UNITS, SHORT_DESCRIPTION_MAX_UNITS, TITLE_MAX_UNITS
from edye_delivery.feeds.roku.sources import BEYOND, SEARCH_PAGE, SEARCH_SCHEMA
from edye_delivery.feeds.roku.vocabularies import LANGUAGES
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

TEXT_MAX_UNITS = {
    "titles": TITLE_MAX_UNITS,
    "shortDescriptions": SHORT_DESCRIPTION_MAX_UNITS,
    "longDescriptions": LONG_DESCRIPTION_MAX_UNITS,
}
TITLES_MISSING = error(
    "FEED004", "titles-missing",
    what="An asset has no titles.",
    why="Roku Search looks for the title; Roku refuses an asset without one.",
    fix="Add titles with a value for at least one language.",
    source=f"{SEARCH_SCHEMA}, assets; roku-search-feed.md, Asset",
)  # fmt: skip
LANGUAGE_UNKNOWN = error(
    "FEED011", "language-unknown",
    what="A language is not in the list.",
    why="Roku drops the text or picture, and the whole asset if no other is left.",
    fix="Use a lowercase code of the schema's list, such as es or es-mx.",
    source=f"{SEARCH_SCHEMA}, language_type",
)  # fmt: skip
TEXT_VALUE_MISSING = error(
    "FEED019", "text-value-missing",
    what="A title or description has no value.",
    why="Roku drops the text, and the whole asset if no other is left.",
    fix="Add the value, or take the entry out.",
    source=f"{SEARCH_SCHEMA}, title, short_description, long_description",
)  # fmt: skip
TEXT_TOO_LONG = error(
    "FEED020", "text-too-long",
    what="A title or short description has more than 200 characters, a long description more than 500.",
    why="The schema refuses it. Roku counts UTF-16 units: an emoji counts as two.",
    fix="Shorten the text, at the end of a word.",
    source=f"{SEARCH_SCHEMA}, maxLength; decisions.md, Known of Roku's own checks",
)  # fmt: skip
SHORT_DESCRIPTIONS_MISSING = error(
    "FEED101", "short-descriptions-missing",
    what="An asset has no shortDescriptions.",
    why="Roku's page requires them; the schema does not.",
    fix="Add a short description of at most 200 characters in the languages of the titles.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip
DESCRIPTION_LANGUAGE_MISSING = error(
    "FEED124", "description-language-missing",
    what="A title has a language without a short description, or without a long one although other languages have one.",
    why="Roku requires descriptions in every language of the titles.",
    fix="Add the description in that language.",
    source=f"{SEARCH_PAGE}, Title, languages",
)  # fmt: skip
TITLE_LANGUAGE_MISSING = warning(
    "FEED126", "title-language-missing",
    what="A description or image has a language in which the asset has no title.",
    why="Texts and images of a language belong together; Roku's own live sample has such an image.",
    fix="Add the title in that language, or take the language out.",
    source=f"{SEARCH_PAGE}, Description, Image, languages",
)  # fmt: skip
LANGUAGE_TWICE = warning(
    "FEED127", "language-twice",
    what="Two titles, or two descriptions of a kind, are given for one language.",
    why="Roku does not say which of them it shows.",
    fix="Keep one of them.",
    source=BEYOND,
)  # fmt: skip
DEFAULT_LANGUAGE_MISSING = error(
    "FEED128", "default-language-missing", owner=Owner.DEVOPS,
    what="A text or image has no languages, and the page has no defaultLanguage.",
    why="Roku cannot know which viewers to show it to.",
    fix="Add languages, or defaultLanguage at the root.",
    source=f"{SEARCH_PAGE}, Root",
)  # fmt: skip
LANGUAGE_DEPRECATED = warning(
    "FEED130", "language-deprecated", owner=Owner.DEVOPS,
    what="A text or image has the deprecated key language.",
    why="The key languages (a list) has replaced it.",
    fix='Write "languages": ["en"] instead of "language": "en".',
    source=f"{SEARCH_PAGE}, Title; decisions.md, Search feed: what we write",
)  # fmt: skip
TEXT_EMPTY = error(
    "FEED133", "text-empty",
    what="A title or description has no visible character.",
    why="Roku drops the text, and the whole asset if no other is left.",
    fix="Write the text, or take the entry out.",
    source=BEYOND,
)  # fmt: skip
DESCRIPTIONS_EQUAL = warning(
    "FEED147", "long-description-idle",
    what="A long description says the same as a short one.",
    why="Roku's own validator warns about it; viewers who open the long text learn nothing new.",
    fix="Write a longer text, or leave the long description out.",
    source=f"{SEARCH_PAGE}, Description",
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {
    "": {"titles": TITLES_MISSING},
    "titles": {"value": TEXT_VALUE_MISSING},
    "shortDescriptions": {"value": TEXT_VALUE_MISSING},
    "longDescriptions": {"value": TEXT_VALUE_MISSING},
}
LISTED: dict[str, FeedRule] = {"defaultLanguage": LANGUAGE_UNKNOWN}


def check_texts(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of titles and descriptions."""
    languages_by_key = {
        key: _languages_of_texts(key, asset[key], context, hits) for key in TEXT_MAX_UNITS if asset.get(key)
    }
    if "longDescriptions" in languages_by_key:
        shorts = {text.get("value", "").strip() for text in asset.get("shortDescriptions", ())} - {""}
        for index, text in enumerate(asset["longDescriptions"]):
            if text.get("value", "").strip() in shorts:
                message = "it is the same as a short description"
                hits.append(DESCRIPTIONS_EQUAL.at(f"/longDescriptions/{index}/value", message))
    titles = languages_by_key.get("titles")
    if titles is None:
        return
    for key, languages in languages_by_key.items():
        if languages != titles:
            for language in sorted(titles - languages):
                message = f"no entry of {key} has the title's language {excerpt(language or 'default')}"
                hits.append(DESCRIPTION_LANGUAGE_MISSING.at(f"/{key}", message))
            check_title_languages(languages - titles, f"/{key}", hits)


def _languages_of_texts(key: str, texts: list[Any], context: SearchContext, hits: list[Hit]) -> set[str]:
    """Checks every text of a list; gives their languages, "" for an unknown default language."""
    languages: set[str] = set()
    max_units = TEXT_MAX_UNITS[key]
    for index, text in enumerate(texts):
        path = f"/{key}/{index}"
        value = text.get("value")
        if value is not None:
            if len(value) * 2 > max_units and len(value) <= max_units and (units := utf16_units(value)) > max_units:
                message = f"{units} UTF-16 units ({len(value)} characters), at most {max_units} are allowed"
                hits.append(TEXT_TOO_LONG.at(f"{path}/value", message))
            if not value or value.isspace():
                hits.append(TEXT_EMPTY.at(f"{path}/value", "it has no visible character"))
            check_plain(value, path, hits, "/value")
            if key == "titles":
                check_title(value, path, hits, "/value")
        for name in languages_of(text, context.known.text, path, context, hits):
            language = name or context.default_language or ""
            if language in languages:
                message = f"{key} has another entry for the language {excerpt(language or 'default')}"
                hits.append(LANGUAGE_TWICE.at(path, message))
            languages.add(language)
    return languages


def languages_of(
    part: dict[str, Any], known: frozenset[str], path: str, context: SearchContext, hits: list[Hit]
) -> tuple[str, ...] | list[str]:
    """The languages of a text or image, "" for the feed's default language."""
    unknown_keys(part, known, path, hits)
    languages: list[str] | None = part.get("languages")
    if languages:
        return languages
    if "language" in part:
        hits.append(
            LANGUAGE_DEPRECATED.at(f"{path}/language", f"language {excerpt(part['language'])} instead of languages")
        )
        if isinstance(part["language"], str) and part["language"] in LANGUAGES:
            return (part["language"],)
        hits.append(LANGUAGE_UNKNOWN.at(f"{path}/language", f"{excerpt(part['language'])} is not in the list"))
    elif context.default_language is None:
        hits.append(
            DEFAULT_LANGUAGE_MISSING.at(
                path, "languages is missing here, and the page has no defaultLanguage", "languages"
            )
        )
    return ("",)


def check_title_languages(extra: set[str], path: str, hits: list[Hit]) -> None:
    """Adds a defect for every language that no title has."""
    for language in sorted(extra - {""}):
        hits.append(TITLE_LANGUAGE_MISSING.at(path, f"no title has the language {excerpt(language)}"))
