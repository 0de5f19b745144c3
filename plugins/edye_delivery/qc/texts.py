"""META rules on a title's texts: its name and its synopses, in the languages in which they are sent."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.text_defects import markup_in, misread_in, reread
from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.title import Text, Title
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.qc.characters import REPLACEMENT, code_point, invisible_characters
from edye_delivery.qc.metadata import title_rule, why_language_unknown

CHARACTERS_NAMED = 5


def is_sent(annex: Annex, field: str) -> bool:
    """Whether the annex sends this field of the catalogue in its metadata."""
    return any(sent.field == field for sent in annex.metadata.values())


def _why_no_title_text(plan: PlannedTitle, annex: Annex) -> str | None:
    return why_language_unknown(plan, annex) if any(plan.title.titles.values()) else None


@title_rule(
    "META002", "title-missing", Severity.BLOCK, source="roku-partner-annex.md section 3", unless=_why_no_title_text
)
def title_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title has no text in its own language.

    Why: the title's text is mandatory for the partner (titulo).
    Fix: write the title in EDYE in the title's own language.
    """
    title = plan.title
    if not title.text(title.titles):
        found = ", ".join(f"{lang!r:.20}" for lang in islice(title.titles, 10)) or "none"
        yield f"no title in the language {title.lang!r:.20}; languages with a title: {found}"


@title_rule(
    "META003",
    "invisible-characters",
    Severity.BLOCK,
    source="architecture.md, Security, from the first line",
)
def invisible_text(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A title or synopsis contains characters that viewers cannot read: control, zero width, bidi, or U+FFFD.

    Why: they break search, sorting and display at the partner, and viewers may see another text than the checked one.
    Fix: type the text again in EDYE, or paste it as plain text; emoji may keep their joiners and variation selectors.
    """
    for field, lang, text in _visible_texts(plan.title, annex):
        found = list(invisible_characters(text, line_breaks=field.startswith("synopsis")))
        if found:
            shown = found[:CHARACTERS_NAMED]
            named = ", ".join(f"{code_point(character)} at character {place}" for place, character in shown)
            more = f" and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
            yield f"{field} in {lang!r:.20} has {named}{more}"


@title_rule("META021", "markup-in-text", Severity.WARN, source="decisions.md, Direct Publisher feed")
def markup_in_text(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A title or synopsis has HTML entities, HTML tags, or characters written as escapes.

    Why: partners show a text as it is, so viewers read the markup on the screen.
    Fix: write the text in EDYE as plain text, with the characters themselves.
    """
    for field, lang, text in _visible_texts(plan.title, annex):
        found = markup_in(text)
        if found:
            yield f"{field} in {lang!r:.20} has {', '.join(f'{one!r:.60}' for one in found)}: {text!r:.100}"


@title_rule("META022", "text-in-wrong-encoding", Severity.WARN, source="RFC 8259, section 8.1: JSON is UTF-8")
def text_in_wrong_encoding(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A title or synopsis has characters that appear when UTF-8 is read as Latin-1 or Windows-1252.

    Why: viewers read "Por quÃ©" instead of "Por qué", and a search for the title finds nothing.
    Fix: type the text again in EDYE, and correct the import that read it in the wrong encoding.
    """
    for field, lang, text in _visible_texts(plan.title, annex):
        found = [one for one in misread_in(text) if one != REPLACEMENT]
        if found:
            named = ", ".join(f"{one!r}" + (f" for {right!r}" if (right := reread(one)) else "") for one in found)
            yield f"{field} in {lang!r:.20} has {named}: {text!r:.100}"


@title_rule("META004", "title-too-long", Severity.BLOCK, source="decisions.md, Known of Roku's own checks")
def title_too_long(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title's text is longer than the partner takes.

    Why: the partner counts UTF-16 units (an emoji is two) and refuses or cuts a longer title.
    Fix: shorten the title in EDYE.
    """
    for lang in _languages_to_send(annex, plan.title, "title"):
        length = utf16_units(plan.title.text(plan.title.titles, lang))
        if length > annex.text.title_max_chars:
            yield f"title in {lang!r:.20} has {length} characters, at most {annex.text.title_max_chars} are allowed"


@title_rule(
    "META017", "synopsis-missing", Severity.WARN, source="roku-partner-annex.md section 3", unless=why_language_unknown
)
def synopsis_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A synopsis has no text in a language in which it is sent to the partner.

    Why: the partner takes the title, but viewers read nothing about it.
    Fix: write the synopsis in EDYE.
    """
    title = plan.title
    for field, texts in (("synopsis_short", title.synopsis_short), ("synopsis_long", title.synopsis_long)):
        languages = _languages_to_send(annex, title, field) if is_sent(annex, field) else []
        missing = [lang for lang in languages if not title.text(texts, lang)]
        if missing:
            yield f"no {field} in {', '.join(missing)!r:.80}"


@title_rule("META019", "synopsis-too-long", Severity.WARN, source="decisions.md, Direct Publisher feed")
def synopsis_too_long(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A synopsis is longer than the partner shows; the rest is cut off.

    Why: a text that is cut in the middle of a sentence reads badly.
    Fix: shorten the synopsis in EDYE.
    """
    title, limits = plan.title, annex.text
    for field, texts, max_chars in (
        ("synopsis_short", title.synopsis_short, limits.synopsis_short_max_chars),
        ("synopsis_long", title.synopsis_long, limits.synopsis_long_max_chars),
    ):
        for lang in _languages_to_send(annex, title, field):
            length = utf16_units(title.text(texts, lang))
            if length > max_chars:
                yield f"{field} in {lang!r:.20} has {length} characters, {max_chars} are shown"


def _visible_texts(title: Title, annex: Annex) -> Iterator[tuple[str, str, str]]:
    """Field, language and text of everything that viewers read; a series' titles only if they are sent."""
    series = title.series.titles if title.series and is_sent(annex, "series_title") else {}
    places: list[tuple[str, Text]] = [
        ("titles", title.titles),
        ("series.titles", series),
        ("synopsis_short", title.synopsis_short),
        ("synopsis_long", title.synopsis_long),
    ]
    for field, texts in places:
        for lang, text in texts.items():
            yield field, lang, text


def _languages_to_send(annex: Annex, title: Title, field: str) -> list[str]:
    """The title's own language, then the other languages in which the annex sends this text."""
    others = [sent.lang for sent in annex.metadata.values() if sent.field == field and sent.lang]
    return [lang for lang in dict.fromkeys([title.lang or "", *others]) if lang]
