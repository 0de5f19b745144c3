"""The partner's metadata JSON, made from the catalogue by the annex's mapping (annex section 3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from edye_delivery.annex.metadata_field import NAMES, MetadataField
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.title import Credit, Rating, Title

RATING_SEPARATOR = ":"


def metadata_of(annex: Annex, title: Title, external_id: str, file_name: str) -> dict[str, Any]:
    """The JSON object that is sent with the media, keys in the annex's order, empty values left out."""
    names = {"external_id": external_id, "file_name": file_name, "client_id": annex.client_id}
    rendered: dict[str, Any] = {}
    for key, field in annex.metadata.items():
        value = _render(annex, field, names[field.field] if field.field in names else _raw(field, title))
        if field.default is not None and _is_empty(value):
            value = field.default
        if field.keep_empty or not _is_empty(value):
            rendered[key] = value
    return rendered


def unmapped_values(annex: Annex, title: Title) -> dict[str, list[str]]:
    """By key of the metadata, the values of the title for which the key's mapping table has no line.

    Of several ratings one known one is enough: boards differ by country, and a partner needs only the one it knows.
    """
    missing: dict[str, list[str]] = {}
    for key, field in annex.metadata.items():
        if field.map is None or field.constant is not None or field.field in NAMES:
            continue
        words = list(dict.fromkeys(_table_key(value) for value in _values(_raw(field, title))))
        unknown = [word for word in words if word not in annex.mappings[field.map]]
        if unknown and not (field.field == "rating" and len(unknown) < len(words)):
            missing[key] = unknown
    return missing


def _raw(field: MetadataField, title: Title) -> Any:
    if field.constant is not None:
        return field.constant
    if field.external is not None:
        return title.external_ids.get(field.external)
    if field.field == "credits":
        return _names_of(title.credits, field.roles)
    return FIELDS[str(field.field)](title, field.lang)


def _names_of(credits: Sequence[Credit], roles: Sequence[str]) -> tuple[str, ...]:
    keys = {role.casefold() for role in roles}
    return tuple(
        credit.name for credit in credits if credit.name and (not keys or (credit.role or "").casefold() in keys)
    )


def _render(annex: Annex, field: MetadataField, value: Any) -> Any:
    if field.map is not None:
        table = annex.mappings[field.map]
        words = [table[_table_key(item)] for item in _values(value) if _table_key(item) in table]
        mapped = [word for word in dict.fromkeys(words) if word]
        value = mapped if isinstance(value, list | tuple) and field.field != "rating" else next(iter(mapped), None)
    elif field.field == "rating":
        value = next((rating.value for rating in value), None)
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, date):
        value = _date_text(value, field)
    if field.join is not None and isinstance(value, list):
        value = field.join.join(str(item) for item in value)
    if field.max_chars is not None and isinstance(value, str):
        value = value[: field.max_chars].rstrip()
    return value


def _date_text(value: date, field: MetadataField) -> str:
    if isinstance(value, datetime):
        value = _in_zone(value, ZoneInfo(field.zone) if field.zone else UTC)
    return value.strftime(field.format) if field.format else value.isoformat().replace("+00:00", "Z")


def _in_zone(at: datetime, zone: tzinfo) -> datetime:
    """The moment in a time zone; the calendar's first or last second where the moment is outside the calendar there."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        edge = datetime.min if at.year == datetime.min.year else datetime.max
        return edge.replace(microsecond=0, tzinfo=zone)


def _is_empty(value: Any) -> bool:
    return value in (None, "", [], {})


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value not in (None, "") else []


def _table_key(value: Any) -> str:
    return f"{value.source}{RATING_SEPARATOR}{value.value}" if isinstance(value, Rating) else str(value)


FIELDS: dict[str, Callable[[Title, str | None], Any]] = {
    "title": lambda title, lang: title.text(title.titles, lang),
    "series_title": lambda title, lang: title.text(title.series.titles, lang) if title.series else None,
    "synopsis_short": lambda title, lang: title.text(title.synopsis_short, lang),
    "synopsis_long": lambda title, lang: title.text(title.synopsis_long, lang),
    "lang": lambda title, lang: title.lang,
    "kind": lambda title, lang: title.kind.value,
    "season_number": lambda title, lang: title.season_number,
    "episode_number": lambda title, lang: title.episode_number,
    "duration_s": lambda title, lang: round(title.duration_ms / 1000) if title.duration_ms is not None else None,
    "duration_ms": lambda title, lang: title.duration_ms,
    "rating": lambda title, lang: title.ratings,
    "genres": lambda title, lang: title.genres,
    "tags": lambda title, lang: title.tags,
    "geo": lambda title, lang: title.geo,
    "release_date": lambda title, lang: title.release_date,
    "updated_at": lambda title, lang: title.updated_at,
    "availability_start_at": lambda title, lang: title.availability.start,
    "availability_end_at": lambda title, lang: title.availability.end,
    "title_id": lambda title, lang: title.title_id,
    "edye_id": lambda title, lang: title.id,
}
