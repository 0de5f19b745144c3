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
"""What strftime knows, Python's and the C library's, and the latter's "-" that takes leading zeros away; not %D and %s,
which are meant as day and second by whoever writes them."""

NEEDED = frozenset({"title", "lang", "rating", "genres"})
"""Fields without which a rule refuses the title, so that there is never a value to stand in for them."""


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
    """Where one key of the partner's JSON comes from, exactly one of `field`, `external`, `constant`, and its form."""

    field: FieldName | None = None
    """A value of the catalogue, or one of our names: external_id, file_name, client_id."""
    external: str | None = None
    """The catalogue's id of this source, such as tms."""
    constant: str | int | float | bool | list[str] | None = None
    """The same value for every title."""
    map: str | None = None
    """The table of `mappings` that replaces each value; one that it lacks is a finding, never dropped in silence."""
    roles: tuple[str, ...] = ()
    """Of credits, only people in one of these roles of the catalogue, upper or lower case; empty takes them all."""
    join: str | None = None
    """What stands between the values of a list, which becomes one text by it."""
    format: DateFormat | None = None
    """How a date or a moment is written, in strftime's letters; without it as ISO 8601 has it."""
    zone: Zone | None = None
    """The time zone in which a moment is written, by its IANA name; without it UTC."""
    lang: str | None = None
    """The language of a text; without it the title's own."""
    max_chars: int | None = Field(None, gt=0)
    """How many characters of a text are sent; what is longer is clipped."""
    default: str | int | float | bool | None = None
    """What is sent, as it is written here, where the catalogue has no value: the end of a licence that is open."""
    keep_empty: bool = False
    """Whether the key is sent without a value too; else it is left out then."""

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
                yield f"{key} belongs to {', '.join(sorted(fields))}, and this is {self.origin}"
        if self.map is not None and self.field in NAMES:
            yield f"map replaces values of the catalogue, and {self.field} is a name of ours"
        if self.default is not None and self.constant is not None:
            yield "default belongs to a value of the catalogue, and a constant is never empty"
        if self.default is not None and self.field in NEEDED:
            yield f"default is of no use for {self.field}: a title without it is refused"
        if self.default is not None and self.keep_empty:
            yield "default and keep_empty contradict each other: a key with a default is never empty"

    @property
    def origin(self) -> str:
        """Where the value comes from, for people."""
        if self.field is not None:
            return self.field
        return f"the external id {self.external}" if self.external is not None else "a constant"
