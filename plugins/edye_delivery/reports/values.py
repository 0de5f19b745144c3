"""The types that make up the report: frozen parts, text that UTF-8 can write, moments, counts."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _encodable(text: str) -> str:
    """The text without lone surrogates: UTF-8 has no bytes for half a character, and writing the report would fail."""
    return LONE_SURROGATE.sub("\ufffd", text)


Text = Annotated[str, AfterValidator(_encodable)]
Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\z", max_length=40)
]
Count = Annotated[int, Field(ge=0)]


class ReportValue(BaseModel):
    """A part of the report: frozen, without unknown keys; it can be made from the attributes of a catalogue value."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)
