"""Partners: what each one's annex says, as people read it, and whether Airflow has what its runs need."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from edye_delivery.annex.pools import upload_slots
from edye_delivery.desk.access import NOT_THERE, Caller
from edye_delivery.desk.airflow_partners import pool_slots
from edye_delivery.desk.partner_view import (
    annex_refusals,
    annex_sections,
    connection_checks,
    partner_card,
    partner_cards,
    pool_check,
)
from edye_delivery.desk.render import page

router = APIRouter()


@router.get("/partners")
def partners(request: Request, caller: Caller) -> Response:
    """The partners that the user may see; for a user who may see all of them, also the annexes that are refused."""
    return page(request, "partners.html.j2", cards=tuple(partner_cards(caller)), refused=annex_refusals(caller))


@router.get("/partners/{partner}")
def partner(request: Request, caller: Caller, partner: Annotated[str, Path(max_length=80)]) -> Response:
    """One partner, by its name in the ledger: its annex, and what of it Airflow has."""
    annex = caller.annex_of(partner)
    if partner not in (annex.partner, *caller.partners):
        raise HTTPException(404, NOT_THERE)
    return page(
        request,
        "partner.html.j2",
        annex=annex,
        card=partner_card(caller, annex),
        sections=annex_sections(annex),
        checks=(
            *connection_checks(annex),
            *(pool_check(name, wanted, pool_slots(name)) for name, wanted in upload_slots([annex]).items()),
        ),
    )
