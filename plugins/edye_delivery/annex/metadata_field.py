"""One key of a partner's metadata JSON: where its value comes from, and how it is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from edye_delivery.annex.part import Part

FieldName = Literal[
    "title", "series_title", "synopsis_short", "synopsis_long", "lang", "kind", "season_number", "episode_number",
    "duration_s", "duration_ms", "rating", "genres", "tags", "geo", "credits", "release_date", "updated_at",
    "availability_start_at", "availability_end_at", "external_id", "file_name", "title_id", "edye_id", "client_id",
]  # fmt: skip
NAMES = frozenset({"external_id", "file_name", "client_id"})
"""Fields that are no values of the catalogue but our own names, which no table replaces."""

MOMENTS = frozenset({"updated_at", "availability_start_at", "availability_end_at"})
DATES = MOMENTS | {"release_date"}
LISTS = frozenset({"genres", "tags", "geo", "credits"})
DIRECTIVE = re.compile(r"%(-?.?)", re.DOTALL)
DIRECTIVES = frozenset("aAbBcCdeFfgGhHIjklmMnpPrRStTuUVwWxXyYzZ%") | {f"-{letter}" for letter in "deHIjklmMSUWy"}
"""The letters of strftime, Python's and the C library's, also with the C library's "-" that drops leading zeros. Not %D
and %s: people who write them mean the day and the second, and they are neither."""

NEEDED = frozenset({"title", "lang", "rating", "genres"})
"""Fields without which a rule refuses the title, so that a default for them would never be used."""


def _refuse_unknown_letters(text: str) -> str:
    unknown = [f"%{letters}" for letters in DIRECTIVE.findall(text) if letters not in DIRECTIVES]
    if unknown:
        raise ValueError(
            f"{text!r:.60} has {', '.join(dict.fromkeys(unknown))}, which strftime does not know; write it like "
            "'%Y-%m-%d %H:%M:%S', and a percent sign as %%"
        )
    if text and not DIRECTIVE.search(text):
        raise ValueError(f"{text!r:.60} has no part of a date; write it like '%Y-%m-%d %H:%M:%S'")
    return text


def _refuse_unknown_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError) as error:
        raise ValueError(
            f"{name!r:.60} is no time zone of the IANA database, such as America/Mexico_City or UTC"
        ) from error
    return name


DateFormat = Annotated[str, Field(min_length=1), AfterValidator(_refuse_unknown_letters)]
Zone = Annotated[str, AfterValidator(_refuse_unknown_zone)]


class MetadataField(Part):
    """Where the value of one key of the partner's JSON comes from, and how it is written.

    It comes from exactly one of `field`, `external` and `constant`.
    """

    field: FieldName | None = None
    """A value of the catalogue, or one of our names: external_id, file_name, client_id."""
    external: str | None = None
    """The catalogue's external id of this source, such as tms."""
    constant: str | int | float | bool | list[str] | None = None
    """The same value for every title."""
    map: str | None = None
    """The table of `mappings` that replaces each value; a value that is not in the table is reported as a finding."""
    roles: tuple[str, ...] = ()
    """For credits: only people in one of these roles of the catalogue, in upper or lower case; empty takes all."""
    join: str | None = None
    """The text between the values of a list, which are joined to one text."""
    format: DateFormat | None = None
    """How a date or a moment is written, in strftime's letters; without it as in ISO 8601."""
    zone: Zone | None = None
    """The time zone in which a moment is written, by its IANA name; without it UTC."""
    lang: str | None = None
    """The language of a text; without it the title's own."""
    max_chars: int | None = Field(None, gt=0)
    """How many characters of a text are sent; a longer text is clipped."""
    default: str | int | float | bool | None = None
    """The value that is sent, exactly as here, where the catalogue has none; such as for a licence without an end."""
    keep_empty: bool = False
    """Whether the key is also sent when it has no value; otherwise it is left out."""

    @model_validator(mode="after")
    def _keys_agree(self) -> MetadataField:
        if sum(origin is not None for origin in (self.field, self.external, self.constant)) != 1:
            raise ValueError("a metadata field has exactly one of field, external, constant")
        contradictions = list(self._contradictions())
        if contradictions:
            raise ValueError("\n".join(contradictions))
        return self

    def _contradictions(self) -> Iterator[str]:
        for key, fields in (("roles", {"credits"}), ("zone", MOMENTS), ("format", DATES), ("join", LISTS)):
            is_list = key == "join" and (isinstance(self.constant, list) or self.field == "rating")
            if getattr(self, key) and self.field not in fields and not is_list:
                yield f"{key} belongs to {', '.join(sorted(fields))}, but this is {self.origin}"
        if self.map is not None and self.field in NAMES:
            yield f"map replaces values of the catalogue, but {self.field} is a name of ours"
        if self.default is not None and self.constant is not None:
            yield "default belongs to a value of the catalogue, but a constant is never empty"
        if self.default is not None and self.field in NEEDED:
            yield f"default would never be used for {self.field}: a title without it is refused"
        if self.default is not None and self.keep_empty:
            yield "default and keep_empty contradict each other: a key with a default is never empty"

    @property
    def origin(self) -> str:
        """Where the value comes from, for people."""
        if self.field is not None:
            return self.field
        return f"the external id {self.external}" if self.external is not None else "a constant"
