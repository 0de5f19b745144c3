"""Search of titles by words of their name or the beginning of an id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from edye_delivery.desk.access import NOT_THERE, Caller
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.partner_names import names_of
from edye_delivery.desk.render import page
from edye_delivery.desk.status_view import StatusView, status_views
from edye_delivery.ledger.page_cursor import CURSOR_MAX_CHARS
from edye_delivery.ledger.status_records import Status
from edye_delivery.ledger.title_search import QUERY_MAX_CHARS, search_titles

router = APIRouter()


@dataclass(frozen=True, slots=True)
class FoundTitle:
    """One title in one language, with its status at each partner that has it."""

    found: Status
    statuses: tuple[StatusView, ...]


@router.get("/titles")
def titles(
    request: Request,
    caller: Caller,
    q: Annotated[str, Query(max_length=QUERY_MAX_CHARS)] = "",
    partner: Annotated[str, Query(max_length=80)] = "",
    cursor: Annotated[str, Query(max_length=CURSOR_MAX_CHARS)] = "",
) -> Response:
    """A page of the titles that fit, at one partner or at all; without a query, the form alone."""
    all_names = names_of(caller)
    if partner and partner not in all_names:
        raise HTTPException(404, NOT_THERE)
    names = {partner: all_names[partner]} if partner else all_names
    with ledger_connection() as connection:
        found = search_titles(connection, q, tuple(names), datetime.now(UTC), cursor)
    rows = tuple(FoundTitle(row.found, status_views(row.statuses, names)) for row in found.rows)
    return page(
        request,
        "titles.html.j2",
        q=q,
        rows=rows,
        cursor=cursor,
        next_cursor=found.next_cursor,
        partner=partner,
        all_names=all_names,
        selected_partner=next(iter(names)) if len(names) == 1 else "",
    )
