"""What the prose asks of one asset of a Search feed; values already have the schema's types (see search_feed.py)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from edye_delivery.feeds.lint.external_ids import check_external_id
from edye_delivery.feeds.lint.parts import unknown_keys
from edye_delivery.feeds.lint.search import rules
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.live_checks import check_channel
from edye_delivery.feeds.lint.search.play_option_checks import check_play_options
from edye_delivery.feeds.lint.search.rating_checks import check_ratings
from edye_delivery.feeds.lint.search.schema_rules import (
    EPISODE_INFO_MISSING,
    LANGUAGE_UNKNOWN,
    RELEASE_DATE_MALFORMED,
    TEXT_TOO_LONG,
    TITLES_MISSING,
)
from edye_delivery.feeds.lint.text_checks import check_plain, check_title
from edye_delivery.feeds.lint.text_rules import DESCRIPTIONS_EQUAL
from edye_delivery.feeds.lint.url_checks import check_image_name
from edye_delivery.feeds.lint.value_rules import DURATION_TWICE
from edye_delivery.feeds.roku.item import LIVE_TYPE, PLAYABLE, TITLE_TYPES
from edye_delivery.feeds.roku.limits import (
    FIRST_YEAR,
    ITEM_ID_MAX_CHARS,
    LONG_DESCRIPTION_MAX_UNITS,
    PLAYABLE_MIN_S,
    SHORT_DESCRIPTION_MAX_UNITS,
    SHORTFORM_MAX_S,
    TAG_MAX_CHARS,
    TITLE_MAX_UNITS,
)
from edye_delivery.feeds.roku.schemas import SPELLINGS, Profile
from edye_delivery.feeds.roku.vocabularies import CREDIT_ROLES, LANGUAGES, MAIN_IMAGE_TYPES, NEWER_CREDIT_ROLES
from edye_delivery.rules.feed_rule import Hit, shown

TEXT_MAX_UNITS = {
    "titles": TITLE_MAX_UNITS,
    "shortDescriptions": SHORT_DESCRIPTION_MAX_UNITS,
    "longDescriptions": LONG_DESCRIPTION_MAX_UNITS,
}


Check = Callable[[dict[str, Any], str, SearchContext, list[Hit]], None]


def check_asset(asset: dict[str, Any], context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect that the prose sees in the asset."""
    written = asset.get("type", "")
    kind = SPELLINGS.get(written, written)
    for check in CHECKS.get(kind, ANY_TYPE):
        check(asset, kind, context, hits)


def asks_for_titles(asset: dict[str, Any]) -> bool:
    """Whether the asset's type is one that needs titles, however it is spelled."""
    written = asset.get("type")
    return isinstance(written, str) and SPELLINGS.get(written, written) in TITLE_TYPES


def _check_identity(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    unknown_keys(asset, context.known.asset, "", hits)
    name = asset.get("id")
    if name is not None and not 0 < len(name) <= ITEM_ID_MAX_CHARS:
        hits.append(
            rules.ID_LENGTH.at("/id", f"the id has {len(name)} characters, at most {ITEM_ID_MAX_CHARS} are allowed")
        )
    if kind in TITLE_TYPES and "externalIdSource" in asset:
        hits.append(rules.EXTERNAL_ID_SOURCE_IDLE.at("/externalIdSource", f"the type is {shown(kind)}"))


def _check_external_ids(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    for index, entry in enumerate(asset.get("externalIds", ())):
        unknown_keys(entry, context.known.external_id, f"/externalIds/{index}", hits)
        check_external_id(entry.get("source"), entry.get("id"), kind, f"/externalIds/{index}/id", hits)


def _check_external_only(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    check_external_id(asset.get("externalIdSource"), asset.get("id"), kind, "/id", hits)


def _check_required(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    for key, rule in REQUIRED:
        if not asset.get(key):
            hits.append(rule.at("", f"{key} {'is empty' if key in asset else 'is missing'}", key))
    if "releaseDate" not in asset and "releaseYear" not in asset:
        hits.append(rules.RELEASE_MISSING.at("", "releaseDate and releaseYear are missing", "releaseDate"))


REQUIRED = (
    ("titles", TITLES_MISSING),
    ("shortDescriptions", rules.SHORT_DESCRIPTIONS_MISSING),
    ("genres", rules.GENRES_MISSING),
    ("advisoryRatings", rules.RATINGS_MISSING),
)


def _check_texts(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    told = {key: _languages_of_texts(key, asset[key], context, hits) for key in TEXT_MAX_UNITS if asset.get(key)}
    if "longDescriptions" in told:
        shorts = {text.get("value", "").strip() for text in asset.get("shortDescriptions", ())} - {""}
        for index, text in enumerate(asset["longDescriptions"]):
            if text.get("value", "").strip() in shorts:
                message = "it is equal to a short description"
                hits.append(DESCRIPTIONS_EQUAL.at(f"/longDescriptions/{index}/value", message))
    titles = told.get("titles")
    if titles is None:
        return
    for key, languages in told.items():
        if languages != titles:
            for language in sorted(titles - languages):
                message = f"no entry of {key} has the title's language {shown(language or 'default')}"
                hits.append(rules.DESCRIPTION_LANGUAGE_MISSING.at(f"/{key}", message))
            _check_title_languages(languages - titles, f"/{key}", hits)


def _languages_of_texts(key: str, texts: list[Any], context: SearchContext, hits: list[Hit]) -> set[str]:
    """The languages of a list of texts, "" for an unknown default one, with each text looked at."""
    languages: set[str] = set()
    most = TEXT_MAX_UNITS[key]
    for index, text in enumerate(texts):
        path = f"/{key}/{index}"
        value = text.get("value")
        if value is not None:
            if len(value) * 2 > most and len(value) <= most and (units := len(value.encode("utf-16-le")) // 2) > most:
                message = f"{units} UTF-16 units ({len(value)} characters), at most {most} are allowed"
                hits.append(TEXT_TOO_LONG.at(f"{path}/value", message))
            if not value or value.isspace():
                hits.append(rules.TEXT_EMPTY.at(f"{path}/value", "there is nothing to read in it"))
            check_plain(value, path, hits, "/value")
            if key == "titles":
                check_title(value, path, hits, "/value")
        for written in _languages_of(text, context.known.text, path, context, hits):
            language = written or context.default_language or ""
            if language in languages:
                message = f"{key} has another entry for the language {shown(language or 'default')}"
                hits.append(rules.LANGUAGE_TWICE.at(path, message))
            languages.add(language)
    return languages


def _languages_of(
    part: dict[str, Any], known: frozenset[str], path: str, context: SearchContext, hits: list[Hit]
) -> tuple[str, ...] | list[str]:
    unknown_keys(part, known, path, hits)
    languages: list[str] | None = part.get("languages")
    if languages:
        return languages
    if "language" in part:
        hits.append(
            rules.LANGUAGE_DEPRECATED.at(f"{path}/language", f"language {shown(part['language'])} instead of languages")
        )
        if isinstance(part["language"], str) and part["language"] in LANGUAGES:
            return (part["language"],)
        hits.append(LANGUAGE_UNKNOWN.at(f"{path}/language", f"{shown(part['language'])} is not in the list"))
    elif context.default_language is None:
        hits.append(rules.DEFAULT_LANGUAGE_MISSING.at(path, "no languages here and no defaultLanguage", "languages"))
    return ("",)


def _check_title_languages(extra: set[str], path: str, hits: list[Hit]) -> None:
    for language in sorted(extra - {""}):
        hits.append(rules.TITLE_LANGUAGE_MISSING.at(path, f"no title has the language {shown(language)}"))


def _check_images(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    images = asset.get("images", ())
    main: set[str] = set()
    everywhere = False
    extra: set[str] = set()
    for index, image in enumerate(images):
        path = f"/images/{index}"
        languages = _languages_of(image, context.known.image, path, context, hits)
        extra.update(languages)
        if "url" in image:
            check_image_name(image["url"], path, hits, "/url")
        if image.get("type") in MAIN_IMAGE_TYPES:
            main.update(languages)
            everywhere = everywhere or "" in languages
    if not main and kind in TITLE_TYPES and not _is_episode_with_background(images, kind, context):
        hits.append(rules.MAIN_IMAGE_MISSING.at("", "there is no image of type main", "images"))
        return
    titles = {name for text in asset.get("titles", ()) for name in text.get("languages") or (text.get("language"),)}
    wanted = {language for name in titles if (language := name or context.default_language)}
    if main and not everywhere:
        for language in sorted(wanted - main):
            message = f"no main image has the title's language {shown(language)}"
            hits.append(rules.IMAGE_LANGUAGE_MISSING.at("/images", message))
    if titles:
        _check_title_languages(extra - wanted, "/images", hits)


def _is_episode_with_background(images: Any, kind: str, context: SearchContext) -> bool:
    """What Roku's page has come to be content with."""
    is_asked = kind == "episode" and context.profile is Profile.ROKU
    return is_asked and any(image.get("type") == "background" for image in images)


def _check_release(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    year, written = asset.get("releaseYear"), asset.get("releaseDate")
    if written is not None and len(written) == 10:
        try:
            released = date.fromisoformat(written)
        except ValueError:
            hits.append(RELEASE_DATE_MALFORMED.at("/releaseDate", f"{shown(written)} is no day of the calendar"))
        else:
            if released.year < FIRST_YEAR:
                hits.append(rules.YEAR_TOO_EARLY.at("/releaseDate", f"{written} is before {FIRST_YEAR}"))
            if year is not None and year != released.year:
                hits.append(rules.YEARS_DIFFER.at("/releaseYear", f"{year} beside the date {written}"))
    if year is not None and year < FIRST_YEAR:
        hits.append(rules.YEAR_TOO_EARLY.at("/releaseYear", f"{year} is before {FIRST_YEAR}"))


def _check_words(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    for index, tag in enumerate(asset.get("tags", ())):
        if len(tag) > TAG_MAX_CHARS:
            message = f"{shown(tag)} has {len(tag)} characters, at most {TAG_MAX_CHARS} are allowed"
            hits.append(rules.TAG_TOO_LONG.at(f"/tags/{index}", message))
        check_plain(tag, f"/tags/{index}", hits)
    for index, credit in enumerate(asset.get("credits", ())):
        unknown_keys(credit, context.known.credit, f"/credits/{index}", hits)
        role = credit.get("role")
        for key in ("name", "role"):
            if not credit.get(key):
                hits.append(rules.CREDIT_INCOMPLETE.at(f"/credits/{index}", f"{key} is missing", key))
        if credit.get("name"):
            check_plain(credit["name"], f"/credits/{index}/name", hits)
        if role and role not in CREDIT_ROLES and not (role in NEWER_CREDIT_ROLES and context.profile is Profile.ROKU):
            hits.append(rules.CREDIT_ROLE_UNKNOWN.at(f"/credits/{index}/role", f"{shown(role)} is not in the list"))
    check_ratings(asset, context, hits)


def _check_playable(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    content = asset.get("content")
    if content is None or (not content.get("playOptions") and "media" not in content and "playOptions" in content):
        hits.append(rules.CONTENT_MISSING.at("", "content has no play option", "content"))
    durations = [(key, asset[key], per_s, unit) for key, per_s, unit in DURATIONS if key in asset]
    if not durations:
        hits.append(rules.DURATION_MISSING.at("", "there is no duration", "durationInMilliseconds"))
    for key, value, per_s, unit in durations:
        if value <= 0:
            hits.append(rules.DURATION_NOT_POSITIVE.at(f"/{key}", f"{value} {unit} is not above 0"))
        elif value < PLAYABLE_MIN_S * per_s:
            hits.append(
                rules.DURATION_SHORT.at(f"/{key}", f"{value} {unit}, at least {PLAYABLE_MIN_S} s are asked for")
            )
        elif kind == "shortform" and value > SHORTFORM_MAX_S * per_s:
            hits.append(rules.SHORTFORM_LONG.at(f"/{key}", f"{value} {unit}, at most 15 minutes are meant"))
        elif kind == "movie" and value <= SHORTFORM_MAX_S * per_s:
            hits.append(rules.MOVIE_SHORT.at(f"/{key}", f"{value} {unit}, more than 15 minutes are meant"))
    if len(durations) == 2 and durations[0][1] * 1000 != durations[1][1]:
        message = f"{durations[0][1]} s and {durations[1][1]} ms"
        hits.append(rules.DURATIONS_DIFFER.at("/durationInMilliseconds", message))
    elif len(durations) == 2:
        hits.append(DURATION_TWICE.at("/durationInMilliseconds", "durationInSeconds says the same"))


DURATIONS = (("durationInSeconds", 1, "s"), ("durationInMilliseconds", 1000, "ms"))


def _check_content(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    content = asset.get("content")
    if content is not None:
        unknown_keys(content, context.known.content, "/content", hits)
        check_play_options(content.get("playOptions", ()), context, hits)


def _check_place(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    if kind == "episode" and "episodeInfo" not in asset:
        hits.append(EPISODE_INFO_MISSING.at("", "episodeInfo is missing", "episodeInfo"))
    for part, known in context.known.info.items():
        info = asset.get(part)
        if info is None:
            continue
        unknown_keys(info, known, f"/{part}", hits)
        for key in ("seasonNumber", "episodeNumber"):
            if info.get(key, 0) < 0:
                hits.append(rules.NUMBER_NEGATIVE.at(f"/{part}/{key}", f"{info[key]} is negative"))


ANY_TYPE: tuple[Check, ...] = (
    _check_identity, _check_texts, _check_images, _check_release, _check_words, _check_external_ids, _check_content,
    _check_place,
)  # fmt: skip
"""Of an asset without a known type nothing is asked for: the type says what that would be."""
CHECKS: dict[str, tuple[Check, ...]] = {
    **dict.fromkeys(TITLE_TYPES, (*ANY_TYPE, _check_required)),
    **dict.fromkeys(PLAYABLE, (*ANY_TYPE, _check_required, _check_playable)),
    "externalIdOnly": (_check_identity, _check_external_only, _check_content),
    LIVE_TYPE: (_check_identity, check_channel, _check_content),
}
