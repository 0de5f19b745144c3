"""Dates and moments as the catalogue writes them; the error for an invalid one shows how to write it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, ValidationError, ValidatorFunctionWrapHandler, WrapValidator

DAY_FORM = "; a date is written like 2020-01-31"
MOMENT_FORM = "; a moment is written like 2026-03-01T06:00:00Z"
YEAR_CHARS = 4
FIRST_MOMENT = datetime.min.replace(tzinfo=UTC)
LAST_MOMENT = datetime.max.replace(microsecond=0, tzinfo=UTC)


def _day(value: Any, day_of: ValidatorFunctionWrapHandler) -> date:
    if _is_number(value):
        what = "a year without month and day" if _is_year(value) else "a number, not a date"
        raise ValueError(f"{value!r:.40} is {what}{DAY_FORM}")
    try:
        day: date = day_of(value)
    except ValidationError as error:
        raise ValueError(f"{value!r:.40} is no day of the calendar{DAY_FORM}") from error
    return day


def _birth_day(value: Any, day_of: ValidatorFunctionWrapHandler) -> date | None:
    return None if _is_year(value) else _day(value, day_of)


def _moment(value: Any, moment_of: ValidatorFunctionWrapHandler) -> datetime:
    if _is_number(value):
        raise ValueError(f"{value!r:.40} is a number, not a moment{MOMENT_FORM}")
    try:
        at: datetime = moment_of(value)
    except ValidationError as error:
        kinds = {detail["type"] for detail in error.errors(include_url=False, include_input=False)}
        what = "has no time zone" if "timezone_aware" in kinds else "is no moment of the calendar"
        raise ValueError(f"{value!r:.40} {what}{MOMENT_FORM}") from error
    return at


def _within_calendar(at: datetime) -> datetime:
    try:
        at.astimezone(UTC)
    except OverflowError:
        return FIRST_MOMENT if at.year == FIRST_MOMENT.year else LAST_MOMENT
    return at


def _is_number(value: Any) -> bool:
    """Whether pydantic would read the value as seconds since 1970; nobody writes a day like that."""
    if isinstance(value, int | float):
        return True
    return isinstance(value, str) and value.strip().lstrip("+-").replace(".", "", 1).isdecimal()


def _is_year(value: Any) -> bool:
    text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return len(text) == YEAR_CHARS and text.isdecimal() and text.isascii() and text[0] in "12"


Day = Annotated[date, WrapValidator(_day)]
"""A day of the calendar, which has no time zone."""

BirthDay = Annotated[date | None, WrapValidator(_birth_day)]
"""A day of birth; None where only the year is known, because no partner takes a year."""

Moment = Annotated[AwareDatetime, WrapValidator(_moment)]
"""A moment with its time zone."""

Bound = Annotated[Moment, AfterValidator(_within_calendar)]
"""The start or end of a span. A moment outside the calendar in UTC becomes the calendar's first or last moment.

Systems write "without end" as `9999-12-31T23:59:59-05:00`, which in UTC is after the calendar's last moment.
"""
