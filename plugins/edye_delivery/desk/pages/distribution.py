"""Which title is where: a table of titles by partners, with filters, in four orders, as pages and as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Request
from markupsafe import Markup, escape
from starlette.responses import Response, StreamingResponse

from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner, TitleKind
from edye_delivery.desk.access import Caller
from edye_delivery.desk.distribution_csv import csv_blocks
from edye_delivery.desk.distribution_query import DESCENDING, AskedFor, DistributionQuery
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.navigation import desk_address
from edye_delivery.desk.partner_names import names_of
from edye_delivery.desk.render import page
from edye_delivery.desk.status_view import StatusView, status_view
from edye_delivery.ledger.distribution import TitleRow, distribution_page
from edye_delivery.ledger.distribution_filter import Order, SortKey
from edye_delivery.ledger.page_cursor import CURSOR_MAX_CHARS

router = APIRouter()
HEADINGS = {
    SortKey.TITLE: "Title",
    SortKey.EXTERNAL_ID: "external_id",
    SortKey.STATE: "State",
    SortKey.SINCE: "Since",
}


@dataclass(frozen=True, slots=True)
class ColumnHead:
    """The heading of a column that the table can be sorted by; `aria_sort` is empty for one that it is not."""

    name: str
    address: Markup
    aria_sort: str


@dataclass(frozen=True, slots=True)
class DistributionRow:
    """One title in one language: the status for which it is listed, and its status at each partner of the table."""

    found: StatusView
    statuses: tuple[StatusView | None, ...]


@router.get("/distribution")
def distribution(
    request: Request,
    caller: Caller,
    asked: AskedFor,
    cursor: Annotated[str, Query(max_length=CURSOR_MAX_CHARS)] = "",
) -> Response:
    """One page of the table."""
    wanted, order, all_names = asked.wanted(caller), asked.order(), names_of(caller)
    with ledger_connection() as connection:
        found = distribution_page(connection, wanted, datetime.now(UTC), order, cursor)
    names = {partner: name for partner, name in all_names.items() if partner in wanted.partners}
    return page(
        request,
        "distribution.html.j2",
        asked=asked,
        names=names,
        all_names=all_names,
        rows=tuple(_row(row, names) for row in found.rows),
        heads=tuple(_heads(asked, order)),
        selected_partner=next(iter(names)) if len(names) == 1 else "",
        first=_address(asked) if cursor else None,
        previous=_address(asked, found.previous_cursor),
        following=_address(asked, found.next_cursor),
        csv=escape(desk_address("/distribution.csv", **asked.parameters())),
        vocabularies={
            "state": list(DeliveryState),
            "cause": list(Cause),
            "owner": list(Owner),
            "kind": list(TitleKind),
        },
    )


@router.get("/distribution.csv")
def distribution_csv(caller: Caller, asked: AskedFor) -> Response:
    """The whole table as CSV, sent while it is read."""
    headers = {"Content-Disposition": 'attachment; filename="distribution.csv"'}
    blocks: Iterator[bytes] = csv_blocks(asked.wanted(caller), asked.order())
    return StreamingResponse(blocks, media_type="text/csv; charset=utf-8", headers=headers)


def _row(row: TitleRow, names: Mapping[str, str]) -> DistributionRow:
    found = [row.at(partner) for partner in names]
    views = tuple(status_view(one, names) if one is not None else None for one in found)
    return DistributionRow(status_view(row.found, names), views)


def _heads(asked: DistributionQuery, order: Order) -> Iterator[ColumnHead]:
    for key, name in HEADINGS.items():
        is_own = key is order.key
        direction = ("descending" if order.descending else "ascending") if is_own else ""
        sort = key.value if is_own and order.descending else f"{DESCENDING}{key}" if is_own else key.value
        address = desk_address("/distribution", **{**asked.parameters(), "sort": sort})
        yield ColumnHead(name, escape(address), direction)


def _address(asked: DistributionQuery, cursor: str | None = "") -> Markup | None:
    if cursor is None:
        return None
    return escape(desk_address("/distribution", **asked.parameters(), cursor=cursor))
