"""Search of titles by words of their name or the beginning of an id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edye_delivery.desk.access import Caller
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.partner_names import names_of
from edye_delivery.desk.render import page
from edye_delivery.desk.status_view import StatusView, status_views
from edye_delivery.ledger.page_cursor import CURSOR_MAX_CHARS
from edye_delivery.ledger.status import Status
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
    cursor: Annotated[str, Query(max_length=CURSOR_MAX_CHARS)] = "",
) -> Response:
    """A page of the titles that fit; without a query, the form alone."""
    names = names_of(caller)
    with ledger_connection() as connection:
        found = search_titles(connection, q, caller.partners, datetime.now(UTC), cursor)
    rows = tuple(FoundTitle(row.found, status_views(row.statuses, names)) for row in found.rows)
    return page(
        request,
        "titles.html.j2",
        q=q,
        rows=rows,
        cursor=cursor,
        next_cursor=found.next_cursor,
        has_partners=bool(names),
    )
