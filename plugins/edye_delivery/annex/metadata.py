"""The partner's metadata JSON, made of the catalogue by the annex's mapping (annex section 3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from edye_delivery.annex.model import Annex
from edye_delivery.annex.wire import MetadataField
from edye_delivery.catalog.title import Rating, Title

RATING_SEPARATOR = ":"


def metadata_of(annex: Annex, title: Title, external_id: str, file_name: str) -> dict[str, Any]:
    """The JSON object that travels with the media, keys in the annex's order, empty values left out."""
    names = {"external_id": external_id, "file_name": file_name, "client_id": annex.client_id}
    rendered: dict[str, Any] = {}
    for key, field in annex.metadata.items():
        value = _rendered(annex, field, _raw(field, title, names))
        if field.keep_empty or value not in (None, "", [], {}):
            rendered[key] = value
    return rendered


def unmapped_values(annex: Annex, title: Title, field_name: str) -> list[str]:
    """Values of a catalogue field for which a mapping table that is used on it has no line.

    One known rating of several is enough: boards differ by country, and a partner wants the one that it knows.
    """
    missing: list[str] = []
    for field in annex.metadata.values():
        if field.field != field_name or field.map is None:
            continue
        table = annex.mappings[field.map]
        keys = [_key(value) for value in _values(FIELDS[field_name](title, field.lang))]
        unknown = [key for key in keys if key not in table]
        if field_name == "rating" and len(unknown) < len(keys):
            continue
        missing += [key for key in unknown if key not in missing]
    return missing


def _raw(field: MetadataField, title: Title, names: dict[str, str]) -> Any:
    if field.constant is not None:
        return field.constant
    if field.external is not None:
        return title.external_ids.get(field.external)
    if field.field in names:
        return names[field.field]
    return FIELDS[str(field.field)](title, field.lang)


def _rendered(annex: Annex, field: MetadataField, value: Any) -> Any:
    if field.map is not None:
        table = annex.mappings[field.map]
        mapped = list(dict.fromkeys(table[_key(item)] for item in _values(value) if _key(item) in table))
        value = mapped if isinstance(value, list | tuple) and field.field != "rating" else next(iter(mapped), None)
    elif field.field == "rating":
        value = next((rating.value for rating in value), None)
    if isinstance(value, tuple):
        value = list(value)
    if isinstance(value, date):
        value = value.strftime(field.format) if field.format else value.isoformat().replace("+00:00", "Z")
    if field.join is not None and isinstance(value, list):
        value = field.join.join(str(item) for item in value)
    if field.max_chars is not None and isinstance(value, str):
        value = value[: field.max_chars].rstrip()
    return value


def _values(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value] if value not in (None, "") else []


def _key(value: Any) -> str:
    return f"{value.source}{RATING_SEPARATOR}{value.value}" if isinstance(value, Rating) else str(value)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None


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
    "credits": lambda title, lang: tuple(credit.name for credit in title.credits if credit.name),
    "release_date": lambda title, lang: title.release_date,
    "updated_at": lambda title, lang: _utc(title.updated_at),
    "availability_start_at": lambda title, lang: _utc(title.availability.start),
    "availability_end_at": lambda title, lang: _utc(title.availability.end),
    "title_id": lambda title, lang: title.title_id,
    "edye_id": lambda title, lang: title.id,
}
