"""The half-open span that one run answers for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from edye_delivery.errors import InvalidRequest


@dataclass(frozen=True, slots=True)
class Window:
    """Half-open span [start_at, end_at), both aware; kept in UTC."""

    start_at: datetime
    end_at: datetime

    def __post_init__(self) -> None:
        if not (self.start_at.tzinfo and self.end_at.tzinfo):
            raise InvalidRequest(
                f"the window {self.start_at} .. {self.end_at} has no time zone; write it like 2026-03-01T06:00:00Z"
            )
        if self.start_at >= self.end_at:
            raise InvalidRequest(
                f"the window has to end after its start, but {self.start_at} is not before {self.end_at}"
            )
        for name in ("start_at", "end_at"):
            object.__setattr__(self, name, _in_utc(getattr(self, name), "the window"))

    @property
    def slug(self) -> str:
        """A name for folders: 20260301T060000Z-20260302T060000Z."""
        return f"{self.start_at:%Y%m%dT%H%M%SZ}-{self.end_at:%Y%m%dT%H%M%SZ}"

    def as_json(self) -> dict[str, str]:
        """The report's form: {"start": ..., "end": ...}, RFC 3339 in UTC."""
        return {"start": rfc3339(self.start_at), "end": rfc3339(self.end_at)}


def rfc3339(at: datetime) -> str:
    """The moment as RFC 3339 in UTC with Z; microseconds only where there are some."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_moment(text: str, name: str) -> datetime:
    """The aware moment that an RFC 3339 text names; InvalidRequest names the field otherwise."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise InvalidRequest(f"{name} is {text!r:.60}, not a moment; write it like 2026-03-01T06:00:00Z") from error
    if at.tzinfo is None:
        raise InvalidRequest(f"{name} is {text!r:.60} without a time zone; write it like 2026-03-01T06:00:00Z")
    return _in_utc(at, name)


def _in_utc(at: datetime, name: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidRequest(f"{name} has {at}, which is outside the calendar's years 1 to 9999 in UTC") from error
