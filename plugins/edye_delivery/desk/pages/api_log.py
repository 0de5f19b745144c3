"""The API log: what a partner that pulls called, what went wrong and whose turn it is, and the calls themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response, StreamingResponse

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.api_call import CallLine, Endpoint
from edye_delivery.catalog.api_call_csv import csv_pieces
from edye_delivery.desk.access import NOT_THERE, Caller, Visitor
from edye_delivery.desk.api_log_view import partner_view, readers_of, span_links
from edye_delivery.desk.call_filters import EVERY_CALL, STATUSES, CallFilters, ChosenCalls
from edye_delivery.desk.charts import SIZES
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.render import page
from edye_delivery.desk.texts import runbook_text
from edye_delivery.ledger.call_search import CallSearch, Place, place_of, place_text, search_calls
from edye_delivery.ledger.page_cursor import CURSOR_MAX_CHARS
from edye_delivery.pipeline.recent_consumption import Span

router = APIRouter()
CALLS_A_PAGE = 50
NEWEST_CALLS = 15
RUNBOOK_HEADING = "A degraded delivery"
CSV_CALLS_MAX = 100_000
CALLS_A_READ = 1000
Partner = Annotated[str, Query(max_length=80)]


@router.get("/api-log")
def api_log(request: Request, caller: Caller, partner: Partner = "", window: Span = Span.DAY) -> Response:
    """The partners that pull; with `partner`, what that one called in the window."""
    now = datetime.now(UTC)
    if not partner:
        with ledger_connection() as connection:
            readers = readers_of(connection, caller.annexes.values(), now)
        return page(request, "api_log_partners.html.j2", readers=readers)
    annex, pull = _pulled(caller, partner)
    with ledger_connection() as connection:
        view = partner_view(connection, annex, pull, window, now)
        newest = search_calls(connection, CallSearch(EVERY_CALL.selection(annex.partner)), NEWEST_CALLS).lines
    return page(
        request,
        "api_log.html.j2",
        view=view,
        newest=newest,
        spans=span_links(window),
        runbook=runbook_text(RUNBOOK_HEADING) if view.open else None,
        sizes=SIZES,
        **_form(pull, EVERY_CALL),
    )


@router.get("/api-log/calls")
def calls(
    request: Request,
    caller: Caller,
    filters: ChosenCalls,
    partner: Partner,
    cursor: Annotated[str, Query(max_length=CURSOR_MAX_CHARS)] = "",
) -> Response:
    """A page of the partner's calls that the filters choose, newest first."""
    annex, pull = _pulled(caller, partner)
    search = CallSearch(filters.selection(annex.partner))
    with ledger_connection() as connection:
        found = search_calls(connection, search, CALLS_A_PAGE, place_of(cursor) if cursor else None)
    return page(
        request,
        "api_log_calls.html.j2",
        partner=annex.partner,
        name=annex.display_name,
        calls=found.lines,
        is_first=not cursor,
        next_cursor=place_text(found.next_place) if found.next_place is not None else "",
        **_form(pull, filters),
    )


@router.get("/api-log/calls.csv")
def calls_csv(caller: Caller, filters: ChosenCalls, partner: Partner) -> Response:
    """The newest of these calls with every column, as `api-log --csv` gives them."""
    annex, _ = _pulled(caller, partner)
    lines = _lines(CallSearch(filters.selection(annex.partner)))
    headers = {"Content-Disposition": f'attachment; filename="api-log-{annex.partner}.csv"'}
    return StreamingResponse(csv_pieces(lines), media_type="text/csv; charset=utf-8", headers=headers)


def _lines(search: CallSearch) -> Iterator[CallLine]:
    """The calls, read in pieces: whoever downloads slowly keeps no connection to the ledger."""
    place: Place | None = None
    left = CSV_CALLS_MAX
    while left > 0:
        with ledger_connection() as connection:
            found = search_calls(connection, search, min(CALLS_A_READ, left), place)
        yield from found.lines
        place, left = found.next_place, left - len(found.lines)
        if place is None:
            return


def _pulled(caller: Visitor, partner: str) -> tuple[Annex, PullChannel]:
    """The annex of a partner that pulls, whichever of its names in the ledger is given; 404 for another one."""
    annex = caller.annex_of(partner)
    if annex.pull is None:
        raise HTTPException(404, NOT_THERE)
    return annex, annex.pull


def _form(pull: PullChannel, filters: CallFilters) -> dict[str, Any]:
    """What the form of filters has: the words to choose from, and what is chosen."""
    return {
        "filters": filters,
        "query": filters.query(),
        "user_names": sorted({*pull.users, *({filters.user} if filters.user else ())}),
        "endpoint_names": [endpoint.value for endpoint in Endpoint],
        "statuses": STATUSES if filters.status in ("", *STATUSES) else {**STATUSES, filters.status: filters.status},
    }
