"""META rules on what the annex sends about a title: ratings, genres, tags, availability, the minimum metadata."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from edye_delivery.annex.metadata import unmapped_values
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.qc.metadata import language_missing, title_rule, why_series_unknown
from edye_delivery.qc.texts import is_sent, title_missing

VALUES_NAMED = 10
OWN_RULE = frozenset({"rating", "genres"})
"""Fields of the catalogue that have their own rule on values without a mapping."""


UNMAPPED = "META020"


def _why_another_rule(plan: PlannedTitle, annex: Annex) -> str | None:
    empty = list(_empty_keys(plan, annex))
    if not empty or not all(_has_other_finding(plan, annex, key) for key in empty):
        return None
    return f"other findings say why these keys are empty: {', '.join(empty)}"


@title_rule(
    "META005",
    "rating-missing",
    Severity.BLOCK,
    source="decisions.md, Roku's VOD delivery page",
    unless=why_series_unknown,
)
def rating_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title has no parental rating, but the annex sends one to the partner.

    Why: the partner refuses unrated children's content.
    Fix: give the title, or its series, a rating in EDYE.
    """
    if is_sent(annex, "rating") and not plan.title.ratings:
        yield "no rating, expected one or more"


@title_rule("META006", "rating-unknown", Severity.BLOCK, source="decisions.md, Ratings and genres")
def rating_unknown(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """None of the title's ratings is in the annex's mapping table.

    Why: a rating without a mapping would be dropped, and the title would be delivered without a rating.
    Fix: correct the rating in EDYE, or have DevOps add it to the annex's mapping table.
    """
    unmapped = _values_without_line(annex, plan, "rating")
    if unmapped:
        yield f"rating {_values_text(unmapped)} (board:value) has no line in the annex's mapping table"


@title_rule(
    "META007", "genre-missing", Severity.BLOCK, source="roku-partner-annex.md section 3", unless=why_series_unknown
)
def genre_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title has no genre, but the annex sends genres to the partner.

    Why: the partner sorts titles by genre; viewers cannot find a title without one.
    Fix: give the title, or its series, a genre in EDYE.
    """
    if is_sent(annex, "genres") and not plan.title.genres:
        yield "no genre, expected one or more"


@title_rule("META008", "genre-without-mapping", Severity.BLOCK, source="decisions.md, Ratings and genres")
def genre_without_mapping(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A genre of the title is not in the annex's mapping table.

    Why: a genre without a mapping would be dropped, and nobody would notice.
    Fix: correct the genre in EDYE, or have DevOps add it to the annex's mapping table.
    """
    unmapped = _values_without_line(annex, plan, "genres")
    if unmapped:
        yield f"genre {_values_text(unmapped)} has no line in the annex's mapping table"


@title_rule(UNMAPPED, "value-without-mapping", Severity.BLOCK, source="decisions.md, Ratings and genres")
def value_without_mapping(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A value of the title, other than its rating and genres, is not in the mapping table of its metadata key.

    Why: a value without a mapping would be dropped, and nobody would notice.
    Fix: correct the value in EDYE, or have DevOps add it to the annex's mapping table; map it to "" to leave it out.
    """
    for key, values in unmapped_values(annex, plan.title).items():
        field = annex.metadata[key]
        if field.field not in OWN_RULE:
            table = f"the annex's mapping table {field.map}, which fills the key {key!r:.60}"
            yield f"{field.origin} {_values_text(values)} has no line in {table}"


@title_rule(
    "META011",
    "availability-ends-before-start",
    Severity.BLOCK,
    source="decisions.md, Search feed: what the linter knows beyond the schema",
)
def availability_ends_before_start(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """The title's availability ends before it starts, or at the same moment.

    Why: no viewer could ever watch such a title, and partners refuse such dates.
    Fix: correct the start and the end of the availability in EDYE.
    """
    start, end = plan.title.availability.start, plan.title.availability.end
    if start is not None and end is not None and end <= start:
        yield f"availability ends {end.isoformat()}, not after its start {start.isoformat()}"


@title_rule(
    "META016",
    "minimum-metadata-empty",
    Severity.BLOCK,
    source="roku-partner-annex.md section 3",
    unless=_why_another_rule,
)
def minimum_metadata_empty(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A key of the partner's minimum metadata is absent or blank.

    Why: the partner refuses incomplete metadata (metadatos incompletos), and a title is not accepted without it.
    Fix: fill in the field in EDYE that the annex maps to this key.
    """
    for key in _empty_keys(plan, annex):
        if not _has_other_finding(plan, annex, key):
            origin = annex.metadata.get(key)
            name = (origin.field or origin.external or "a constant") if origin else key
            yield f"key {key!r} is empty; it comes from {name!r}"


@title_rule(
    "META018",
    "required-tag-missing",
    Severity.BLOCK,
    source="decisions.md, Roku's VOD delivery page",
    unless=why_series_unknown,
)
def required_tag_missing(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    """A tag that the partner requires on every title is missing.

    Why: the partner requires the tag on all children's content: on every movie, series and episode.
    Fix: add the tag in EDYE to the title, or to its series.
    """
    missing = [tag for tag in annex.required_tags if tag not in plan.title.tags]
    if missing:
        yield f"tag {_values_text(missing)} is missing; required: {_values_text(list(annex.required_tags))}"


def _empty_keys(plan: PlannedTitle, annex: Annex) -> Iterator[str]:
    for key in annex.minimum_metadata:
        value = plan.metadata.get(key)
        if value in (None, [], {}) or (isinstance(value, str) and not value.strip()):
            yield key


def _has_other_finding(plan: PlannedTitle, annex: Annex, key: str) -> bool:
    if key in unmapped_values(annex, plan.title) and UNMAPPED not in annex.waivers:
        return True
    origin = annex.metadata.get(key)  # a partner that pulls reads the catalogue's own fields
    checks = CHECKS_OF_FIELD.get((origin.field if origin else None) or "", ())
    return any(True for check in checks for _ in check(plan, annex))


CHECKS_OF_FIELD: dict[str, tuple[Callable[[PlannedTitle, Annex], Iterator[str]], ...]] = {
    "title": (title_missing, language_missing),
    "lang": (language_missing,),
    "rating": (rating_missing, rating_unknown),
    "genres": (genre_missing, genre_without_mapping),
}
"""For a field of the catalogue: the rules whose findings already say why its metadata key is empty."""


def _values_without_line(annex: Annex, plan: PlannedTitle, field: str) -> list[str]:
    """The values of this field that have no line in its mapping table."""
    by_key = unmapped_values(annex, plan.title)
    return list(dict.fromkeys(value for key in by_key if annex.metadata[key].field == field for value in by_key[key]))


def _values_text(values: list[str]) -> str:
    return ", ".join(f"{value!r:.60}" for value in values[:VALUES_NAMED])
