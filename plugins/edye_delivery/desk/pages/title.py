"""A title's page: where it stands at each partner, what was sent, what was found, and all that happened to it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import PULL_SUFFIX, Annex, is_pulled
from edye_delivery.desk.access import NOT_THERE, Caller, Visitor
from edye_delivery.desk.airflow_title_runs import dags_of_runs
from edye_delivery.desk.finding_view import finding_views, rule_views
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.partner_names import names_of
from edye_delivery.desk.render import page
from edye_delivery.desk.run_files import TitleFile
from edye_delivery.desk.sent_content import participle_of, sent_content
from edye_delivery.desk.status_view import status_view, status_views
from edye_delivery.desk.title_files import title_file
from edye_delivery.desk.title_view import chosen_delivery, feed_views, is_held, latest_error, offer_of
from edye_delivery.ledger.page_cursor import CURSOR_MAX_CHARS
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.title_page import EventPage, TitlePage, title_events, title_page

router = APIRouter()
EVENTS_SHOWN = 50
DELIVERY_KEY = Query(pattern="^[0-9a-f]{64}$|^$")


@router.get("/titles/{partner}/{external_id}")
def title(
    request: Request,
    caller: Caller,
    partner: str,
    external_id: str,
    delivery: Annotated[str, DELIVERY_KEY] = "",
    cursor: Annotated[str, Query(max_length=CURSOR_MAX_CHARS)] = "",
) -> Response:
    """The page of one title at one partner; 404 where the user may not see the partner, or it has no such title."""
    annex = ledger_annex_of(caller, partner)
    names, now = names_of(caller), datetime.now(UTC)
    with ledger_connection() as connection:
        known = title_page(connection, partner, external_id, now)
        if known is None:
            raise HTTPException(404, NOT_THERE)
        events = title_events(connection, partner, external_id, cursor, EVENTS_SHOWN)
        statuses = StatusReader(connection, now).of_edye_ids(caller.partners, {known.status.edye_id})
    chosen = chosen_delivery(known, delivery)
    if chosen is None:
        raise HTTPException(404, NOT_THERE)
    file = title_file(caller, chosen.delivery)
    read = file if isinstance(file, TitleFile) else None
    return page(
        request,
        "title.html.j2",
        file=read,
        no_file=file if isinstance(file, str) else "",
        sent=sent_content(annex, chosen.delivery, read, known.revision),
        findings=finding_views(read.checked.findings) if read is not None else (),
        fixed=finding_views(read.checked.fixed) if read is not None else (),
        known=known,
        view=status_view(known.status, names),
        statuses=status_views(statuses, names),
        events=events,
        cursor=cursor,
        delivery=delivery,
        chosen=chosen,
        is_held=is_held(known),
        latest_error=latest_error(known, events),
        participle=participle_of(chosen.delivery),
        rules=rule_views(chosen.delivery.rules),
        offer=offer_of(known, annex, now),
        feeds=feed_views(known, annex),
        runs=dags_of_runs(_run_ids(known, events), caller.dags_of(partner)),
    )


def ledger_annex_of(caller: Visitor, partner: str) -> Annex:
    """The annex of a partner by its name in the ledger; for what it pulls, that channel's; 404 where it is not seen."""
    annex = caller.annex_of(partner)
    if partner not in caller.partners:
        raise HTTPException(404, NOT_THERE)
    return pull_annex_of(annex) if partner.endswith(PULL_SUFFIX) or is_pulled(annex) else annex


def _run_ids(known: TitlePage, events: EventPage) -> Collection[str]:
    found = {one.run_id for one in events.events} | {one.delivery.run_id for one in known.deliveries}
    found |= {one.run_id for one in known.publications}
    if known.revision is not None and known.revision.withdrawn_by_run:
        found.add(known.revision.withdrawn_by_run)
    return found
