"""Renders the desk's templates: every value is escaped, and every character visible."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, wraps
from pathlib import Path
from typing import Any

from jinja2 import Environment
from markupsafe import Markup, escape
from starlette.requests import Request
from starlette.responses import HTMLResponse

from edye_delivery.catalog.window import rfc3339
from edye_delivery.desk.navigation import (
    ENTRIES,
    airflow_dag_address,
    airflow_run_address,
    approval_address,
    desk_address,
    partner_address,
    text_address,
    title_address,
)
from edye_delivery.desk.texts import rule_text, runbook_text
from edye_delivery.reports.html_report import environment_of
from edye_delivery.reports.wording import human_moment

FOLDER = Path(__file__).parent / "templates"


def page(request: Request, template: str, *, status: int = 200, **values: Any) -> HTMLResponse:
    """The page of a template with these values; `request` says which entry of the navigation is the current one."""
    path = request.url.path.partition("/edye")[2] or "/"
    content = environment().get_template(template).render(entries=ENTRIES, path=path, **values)
    return HTMLResponse(content, status_code=status)


@cache
def environment() -> Environment:
    """The templates of the desk, with the addresses that they may use."""
    made = environment_of(FOLDER)
    made.globals |= {
        "address": whole(desk_address),
        "title_address": whole(title_address),
        "partner_address": whole(partner_address),
        "text_address": whole(text_address),
        "airflow_run": whole(airflow_run_address),
        "airflow_approval": whole(approval_address),
        "airflow_dag": whole(airflow_dag_address),
        "runbook_text": runbook_text,
        "rule_text": rule_text,
    }
    made.filters |= {"moment": moment_text}
    return made


def whole(address_of: Callable[..., str]) -> Callable[..., Markup]:
    """The same addresses as markup, escaped: long texts are cut on a page, addresses never are."""

    @wraps(address_of)
    def markup(*parts: Any, **query: Any) -> Markup:
        return escape(address_of(*parts, **query))

    return markup


def moment_text(at: datetime | None) -> str:
    """A moment for people, in UTC; empty for none."""
    return human_moment(rfc3339(at)) if at is not None else ""
