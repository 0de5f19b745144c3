"""Texts of a feed: cut to Roku's limits, one of every kind in every language of the title."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.title import Described, Text
from edye_delivery.feeds.roku.limits import LONG_DESCRIPTION_MAX_UNITS, SHORT_DESCRIPTION_MAX_UNITS, TITLE_MAX_UNITS
from edye_delivery.feeds.roku.vocabularies import LANGUAGES
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT, TEXT_CLIPPED, TITLE_LEFT_OUT, VALUE_UNMAPPED


@dataclass(frozen=True, slots=True)
class FeedTexts:
    """A title's texts by language, the same languages in all; `longs` is empty if none says more than `shorts`."""

    titles: Mapping[str, str]
    shorts: Mapping[str, str]
    longs: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class OneLanguageTexts:
    """A title's texts for a feed of one language; `long` is empty if it is the same as `short`."""

    title: str
    short: str
    long: str


def clip(text: str, max_units: int) -> str:
    """The text, cut if necessary to `max_units` UTF-16 units, at the end of a word and with an ellipsis."""
    if len(text) * 2 <= max_units or utf16_units(text) <= max_units:
        return text
    kept = text.encode("utf-16-le")[: (max_units - 1) * 2].decode("utf-16-le", "ignore")
    at_word = kept.rpartition(" ")[0].rstrip(" ,;:.") if " " in kept[max_units // 2 :] else kept
    return f"{at_word.rstrip()}…"


def texts_of(versions: Sequence[Described], langs: Sequence[str | None], external_id: str, notes: Notes) -> FeedTexts:
    """The texts of all language versions of a title; Unfit if no language has a title and a description."""
    titles = _merge([version.titles for version in versions], langs)
    shorts = _merge([version.synopsis_short for version in versions], langs)
    longs = _merge([version.synopsis_long for version in versions], langs)
    kept: dict[str, tuple[str, str, str]] = {}
    for name in sorted(titles):
        language = name.lower().replace("_", "-")
        short, long = shorts.get(name, ""), longs.get(name, "")
        if language not in LANGUAGES:
            notes.add(external_id, VALUE_UNMAPPED, f"Roku does not know the language {excerpt(name)}")
        elif not (short or long):
            notes.add(external_id, PART_LEFT_OUT, f"the title in {language} has no synopsis in that language")
        elif language not in kept:
            kept[language] = titles[name], short or long, long
    if not kept:
        raise Unfit(TITLE_LEFT_OUT, "it has no title with a synopsis in the same language")
    return FeedTexts(
        titles=_clip_all(
            {language: title for language, (title, _, _) in kept.items()}, TITLE_MAX_UNITS, external_id, notes
        ),
        shorts=_clip_all(
            {language: short for language, (_, short, _) in kept.items()},
            SHORT_DESCRIPTION_MAX_UNITS,
            external_id,
            notes,
        ),
        longs=_clip_all(
            {language: long or short for language, (_, short, long) in kept.items()},
            LONG_DESCRIPTION_MAX_UNITS,
            external_id,
            notes,
        )
        if any(long not in ("", clip(short, SHORT_DESCRIPTION_MAX_UNITS)) for _, short, long in kept.values())
        else {},
    )


def texts_in_one_language(
    versions: Sequence[Described],
    langs: Sequence[str | None],
    languages: Sequence[str],
    external_id: str,
    notes: Notes,
) -> OneLanguageTexts:
    """The texts of a title's language versions in the first of `languages` that has them, else in any language.

    Both descriptions are in one language; the title may be in another. Unfit if there is no title or no description.
    """
    titles = _merge([version.titles for version in versions], langs)
    shorts = _merge([version.synopsis_short for version in versions], langs)
    longs = _merge([version.synopsis_long for version in versions], langs)
    title_language, text_language = _nearest(titles, languages), _nearest({**shorts, **longs}, languages)
    if title_language is None or text_language is None:
        raise Unfit(TITLE_LEFT_OUT, "it has no title" if title_language is None else "it has no synopsis")
    full = longs.get(text_language, "")
    short = _clip_all(
        {text_language: shorts.get(text_language) or full}, SHORT_DESCRIPTION_MAX_UNITS, external_id, notes
    )[text_language]
    long = _clip_all({text_language: full}, LONG_DESCRIPTION_MAX_UNITS, external_id, notes)[text_language]
    return OneLanguageTexts(titles[title_language], short, "" if long == short else long)


def likeness(lang: str | None, languages: Sequence[str]) -> tuple[int, bool]:
    """A sort key: languages in the order of `languages`, each before its regional forms, all others last."""
    plain = _plain(lang or "")
    for place, language in enumerate(_plain(language) for language in languages):
        if language.partition("-")[0] == plain.partition("-")[0]:
            return place, language != plain
    return len(languages), False


def _nearest(candidates: Iterable[str], languages: Sequence[str]) -> str | None:
    return min(sorted(candidates), key=lambda language: likeness(language, languages), default=None)


def _plain(lang: str) -> str:
    return lang.lower().replace("_", "-")


def _merge(texts: Sequence[Text], langs: Sequence[str | None]) -> dict[str, str]:
    """The text for each language, from the version in that language, else from the first with a visible text."""
    if texts.count(texts[0]) == len(texts):
        return {language: plain for language, value in texts[0].items() if (plain := value.strip())}
    merged: dict[str, str] = {}
    for text, lang in zip(texts, langs, strict=True):
        for language, value in text.items():
            if (plain := value.strip()) and (language not in merged or language == lang):
                merged[language] = plain
    return merged


def _clip_all(texts: Mapping[str, str], max_units: int, external_id: str, notes: Notes) -> dict[str, str]:
    clips: dict[str, str] = {}
    for language, text in texts.items():
        clips[language] = short = clip(text, max_units)
        if short is not text:
            message = f"a text in {language} of {utf16_units(text)} UTF-16 units was cut to {max_units}"
            notes.add(external_id, TEXT_CLIPPED, message)
    return clips
