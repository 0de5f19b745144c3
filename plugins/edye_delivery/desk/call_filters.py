"""The filters of the list of calls, as an address has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import Depends, Query

from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.window import parse_moment
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.api_calls import CallSelection, StatusRange
from edye_delivery.ledger.page_cursor import NO_TEXT

Text = Annotated[str, Query(max_length=64)]
STATUSES = {"2xx": "2xx answered", "304": "304 not modified", "4xx": "4xx refused", "429": "429", "5xx": "5xx failed"}
MOMENT_CHARS = 16
"""A moment as a browser's field gives it has so many: 2026-03-01T06:00; it is in UTC here."""


@dataclass(frozen=True, slots=True)
class CallFilters:
    """The texts as they were given; empty ones choose nothing."""

    user: str
    endpoint: str
    status: str
    since: str
    until: str

    def query(self) -> dict[str, str]:
        """What an address of the same list has."""
        return {name: getattr(self, name) for name in ("user", "endpoint", "status", "since", "until")}

    def selection(self, partner: str) -> CallSelection:
        """The calls of the partner that are chosen; InvalidRequest says which filter is wrong."""
        if self.endpoint and self.endpoint not in {one.value for one in Endpoint}:
            raise InvalidRequest(f"there is no endpoint {self.endpoint!r:.40}")
        if NO_TEXT.search(self.user):
            raise InvalidRequest("the user has characters that no user's name has")
        return CallSelection(
            partner=partner,
            user=self.user or None,
            endpoint=self.endpoint or None,
            status=StatusRange.of(self.status) if self.status else None,
            since=_moment(self.since, "From"),
            until=_moment(self.until, "Until"),
        )


def call_filters(
    user: Text = "", endpoint: Text = "", status: Text = "", since: Text = "", until: Text = ""
) -> CallFilters:
    """The filters of a call of the desk."""
    return CallFilters(user.strip(), endpoint.strip(), status.strip(), since.strip(), until.strip())


def _moment(text: str, name: str) -> datetime | None:
    if not text:
        return None
    at = parse_moment(f"{text}Z" if len(text) == MOMENT_CHARS else text, name)
    return at.astimezone(UTC)


ChosenCalls = Annotated[CallFilters, Depends(call_filters)]
EVERY_CALL = CallFilters("", "", "", "", "")
