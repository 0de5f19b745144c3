"""Texts whole, by link: a section of the runbook, or what is known about a rule; and the list of all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Request
from starlette.responses import Response

from edye_delivery.desk.access import NOT_THERE
from edye_delivery.desk.render import page
from edye_delivery.desk.texts import all_rules, rule_text, runbook_parts, runbook_section

router = APIRouter()


@router.get("/texts")
def texts(request: Request) -> Response:
    """Every section of the runbook, and every rule."""
    return page(request, "texts_list.html.j2", parts=runbook_parts(), rules=all_rules())


@router.get("/texts/{text_name}")
def text(request: Request, text_name: Annotated[str, Path(max_length=80)]) -> Response:
    """The section of the runbook with this heading, or the rule with this code or name; 404 where there is none."""
    section = runbook_section(text_name)
    rule = rule_text(text_name) if section is None else None
    if section is None and rule is None:
        raise HTTPException(404, NOT_THERE)
    return page(request, "text.html.j2", section=section, rule=rule)
