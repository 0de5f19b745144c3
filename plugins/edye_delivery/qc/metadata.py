"""META rules on what identifies a title: its numbers, names, language and series."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice

from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import name_defect
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Cause, Severity, TitleKind
from edye_delivery.qc.rule import RULES, Subject, rule

TITLES_NAMED = 3
title_rule = partial(rule, on=Subject.TITLE, cause=Cause.METADATA)


def finding_on_item(item: MalformedItem) -> Finding:
    """The finding for a catalogue item that could not be read (META001)."""
    return RULES["META001"].findings(item)[0]


def duplicates(plans: Iterable[PlannedTitle]) -> dict[str, Finding]:
    """A finding for every title whose external_id another title of the window has too (META012), by EDYE id."""
    titles_by_name: dict[str, dict[str, Title]] = {}
    for plan in plans:
        titles_by_name.setdefault(plan.external_id, {})[plan.title.id] = plan.title
    return {
        title.id: _duplicate(external_id, title, titles)
        for external_id, titles in titles_by_name.items()
        if len(titles) > 1
        for title in titles.values()
    }


def clash(external_id: str, title: Title, other_edye_id: str) -> Finding:
    """The finding for an external_id that belongs to another title in the ledger (META012)."""
    return RULES["META012"].findings(external_id, title, [f"the EDYE id {other_edye_id!r:.80}, delivered earlier"])[0]


def why_language_unknown(plan: PlannedTitle, annex: Annex) -> str | None:
    """The reason to skip a rule that needs the title's language; None if the language is known."""
    if any(language_missing(plan, annex)):
        return "the title's language is missing or not the partner's (META015)"
    return None


def why_series_unknown(plan: PlannedTitle, annex: Annex) -> str | None:
    """The reason to skip a rule on something that a missing series could give; None if no series is missing."""
    if any(series_missing(plan, annex)):
        return "the episode's series, which could give what the episode lacks, is not in the catalogue (META014)"
    return None


@rule(
    "META001",
    "malformed-item",
    Severity.BLOCK,
    on=Subject.ITEM,
    cause=Cause.METADATA,
    source="edye-api.yaml, Show and Episode",
)
def malformed_item(item: MalformedItem) -> Iterator[str]:
    """An item of the catalogue does not have the shape that the EDYE API promises.

    Why: a title that cannot be read cannot be checked or delivered; other titles are not affected.
    Fix: correct the named field of the item in EDYE, or its synchronisation from JW Player.
    """
    yield f"EDYE id {item.edye_id!r:.200}: {item.reason!r:.300}"


@title_rule("META009", "season-number-not-positive", Severity.BLOCK, source="decisions.md, Naming")
def season_number_not_positive(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The season's number is zero or negative.

    Why: the number is part of the title's name at the partner, and partners count seasons from 1.
    Fix: correct the season's number in EDYE; leave it empty for a mini-series without seasons.
    """
    number = plan.title.season_number
    if number is not None and number <= 0:
        yield f"season number {number}, expected 1 or more"


@title_rule("META010", "episode-number-not-positive", Severity.BLOCK, source="decisions.md, Naming")
def episode_number_not_positive(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The episode's number is zero or negative.

    Why: the number is part of the title's name at the partner, and partners count episodes from 1.
    Fix: correct the episode's number in EDYE; deliver a pilot or extra as a special.
    """
    number = plan.title.episode_number
    if number is not None and number <= 0:
        yield f"episode number {number}, expected 1 or more"


@rule(
    "META012",
    "external-id-duplicate",
    Severity.BLOCK,
    on=Subject.WINDOW,
    cause=Cause.METADATA,
    source="decisions.md, Naming",
)
def external_id_duplicate(external_id: str, title: Title, others: list[str]) -> Iterator[str]:
    """Two titles of the catalogue have the same external_id.

    Why: one would replace the other at the partner, so neither is delivered until the names differ.
    Fix: correct title_id, season, episode or language of one of them in EDYE, or remove the duplicate.
    """
    yield f"{external_id!r:.80} is the external_id of {_name_text(title)} and of {', '.join(others)}"


@title_rule(
    "META013", "external-id-malformed", Severity.BLOCK, source="decisions.md, Naming", unless=why_language_unknown
)
def external_id_malformed(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title's external_id or file name has characters or a length that the naming rule does not allow.

    Why: the name goes into paths, headers and the partner's catalogue, and it never changes again.
    Fix: correct the title_id in EDYE: ASCII letters, digits, hyphen and underscore, short enough for the whole name.
    """
    defect = name_defect(annex, plan.external_id, plan.file_name)
    if defect is None and not plan.title.title_id:
        defect = f"the title_id is empty, so the external_id {plan.external_id!r:.80} does not name the show"
    if defect is not None:
        yield defect


@title_rule("META014", "series-missing", Severity.BLOCK, source="edye-api.yaml, Episode.show_id")
def series_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The catalogue does not offer the series that the episode belongs to.

    Why: the series gives genres, ratings, tags and artwork, and partners show an episode within its series.
    Fix: publish the series in EDYE for this partner, or correct the episode's show_id.
    """
    if plan.title.kind is TitleKind.EPISODE and plan.title.series is None:
        yield f"the series {plan.title.show_id!r:.80} is not in this partner's catalogue"


@title_rule("META015", "language-missing", Severity.BLOCK, source="roku-partner-annex.md section 2")
def language_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title has no language, or one that is not delivered to this partner.

    Why: the language is part of the title's name at the partner and decides which texts are sent.
    Fix: set the title's language in EDYE to one of the partner's.
    """
    languages = annex.catalogue.languages
    if not plan.title.lang or (languages and plan.title.lang not in languages):
        allowed = ", ".join(languages) or "any language"
        yield f"language {plan.title.lang or 'none'!r:.20}, expected {allowed}"


def _duplicate(external_id: str, title: Title, titles: dict[str, Title]) -> Finding:
    names = [_name_text(other) for other in islice((titles[id] for id in titles if id != title.id), TITLES_NAMED)]
    rest = len(titles) - 1 - len(names)
    return RULES["META012"].findings(external_id, title, [*names, *([f"{rest} more"] if rest else [])])[0]


def _name_text(title: Title) -> str:
    return f"{title.name!r:.80} (EDYE id {title.id!r:.80})"
