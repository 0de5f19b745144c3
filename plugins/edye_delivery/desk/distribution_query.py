"""What the address of the distribution table asks for: which titles, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, TypeVar

from fastapi import Depends, HTTPException, Query

from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner, TitleKind
from edye_delivery.catalog.window import Window
from edye_delivery.desk.access import NOT_THERE, Visitor
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.distribution import FIRST_ORDER
from edye_delivery.ledger.distribution_filter import DistributionFilter, Order, SortKey
from edye_delivery.ledger.page_cursor import NO_TEXT

WORD_MAX_CHARS, PARTNER_MAX_CHARS = 40, 80
FIRST_MOMENT, LAST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
DESCENDING = "-"
Word = Annotated[str, Query(max_length=WORD_MAX_CHARS)]
Vocabulary = TypeVar("Vocabulary", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DistributionQuery:
    """The parameters as they stand in the address; an empty one does not filter.

    `sort` is a column, with `-` before it for descending. `waits` is `nobody` for deliveries that nobody waits for.
    """

    partner: str
    state: str
    cause: str
    owner: str
    window_start: str
    window_end: str
    kind: str
    lang: str
    waits: str
    sort: str

    def wanted(self, caller: Visitor) -> DistributionFilter:
        """The filter; 404 for a partner that the user may not see, InvalidRequest for a word that does not exist."""
        if self.partner and self.partner not in caller.partners:
            raise HTTPException(404, NOT_THERE)
        if NO_TEXT.search(self.lang):
            raise InvalidRequest("lang has characters that no language has")
        return DistributionFilter(
            partners=(self.partner,) if self.partner else caller.partners,
            state=_word(DeliveryState, self.state, "state"),
            cause=_word(Cause, self.cause, "cause"),
            owner=_word(Owner, self.owner, "owner"),
            window=self._window(),
            kind=_word(TitleKind, self.kind, "kind"),
            lang=self.lang or None,
            nobody_waits=self.waits == "nobody",
        )

    def order(self) -> Order:
        """The order; the latest change first where the address has none."""
        if not self.sort:
            return FIRST_ORDER
        key = _word(SortKey, self.sort.removeprefix(DESCENDING), "sort")
        return Order(key or FIRST_ORDER.key, self.sort.startswith(DESCENDING))

    def parameters(self) -> Mapping[str, str]:
        """The parameters for the address of another page of the same list."""
        return {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}

    def _window(self) -> Window | None:
        if not self.window_start and not self.window_end:
            return None
        start_at = _moment(self.window_start, "window_start") if self.window_start else FIRST_MOMENT
        end_at = _moment(self.window_end, "window_end") if self.window_end else LAST_MOMENT
        return Window(start_at, end_at)


def distribution_query(
    partner: Annotated[str, Query(max_length=PARTNER_MAX_CHARS)] = "",
    state: Word = "",
    cause: Word = "",
    owner: Word = "",
    window_start: Word = "",
    window_end: Word = "",
    kind: Word = "",
    lang: Word = "",
    waits: Word = "",
    sort: Word = "",
) -> DistributionQuery:
    """The parameters of a call."""
    return DistributionQuery(partner, state, cause, owner, window_start, window_end, kind, lang, waits, sort)


AskedFor = Annotated[DistributionQuery, Depends(distribution_query)]


def _word(vocabulary: type[Vocabulary], text: str, name: str) -> Vocabulary | None:
    if not text:
        return None
    try:
        return vocabulary(text)
    except ValueError:
        raise InvalidRequest(f"{name} is {text!r:.60}, but has to be one of {', '.join(vocabulary)}") from None


def _moment(text: str, name: str) -> datetime:
    """A moment, or a day that begins at 00:00; without a time zone it is UTC."""
    try:
        at = datetime.fromisoformat(text.strip())
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidRequest(f"{name} is {text!r:.60}; write it like 2026-03-01 or 2026-03-01T06:00:00Z") from None
