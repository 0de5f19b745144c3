"""What every value of the report is made of: frozen parts, text that can be written, moments, counts."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONE_SURROGATE = re.compile("[\ud800-\udfff]")


def _encodable(text: str) -> str:
    """Foreign text may hold half a character; UTF-8 has no bytes for it, so a report would not be writable."""
    return LONE_SURROGATE.sub("\ufffd", text)


Text = Annotated[str, AfterValidator(_encodable)]
Moment = Annotated[
    str, StringConstraints(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)\z", max_length=40)
]
Count = Annotated[int, Field(ge=0)]


class ReportValue(BaseModel):
    """A part of the report: frozen, unknown keys refused; takes values of the catalogue ring by attribute."""

    model_config = ConfigDict(frozen=True, extra="forbid", from_attributes=True)
