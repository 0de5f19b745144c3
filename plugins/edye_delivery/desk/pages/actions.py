"""Actions on titles and windows: a form, a preview from the ledger, and the dry run that comes first."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from edye_delivery.catalog.vocabulary import Correction
from edye_delivery.desk.access import NOT_THERE, START, Caller, OwnOrigin, Visitor
from edye_delivery.desk.action_orders import (
    Action,
    Way,
    channels_of,
    check_order,
    conf_of,
    dry_run_id,
    way_of,
    with_id,
)
from edye_delivery.desk.action_preview import NONE_HELD, Suggestion, preview_of
from edye_delivery.desk.airflow_api import start_run
from edye_delivery.desk.airflow_today import is_paused
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.pages.action_runs import to_run
from edye_delivery.desk.render import page
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.holds import titles_on_hold
from edye_delivery.ledger.similar_titles import similar_titles

router = APIRouter()
TEXT_MAX_CHARS = 1_020_000
FOUND_MAX = 8
SELECTED_MAX = 500
TEXTS = ("external_ids", "window_start", "window_end", "reason", "correction", "end_at")
Ids = Annotated[list[Annotated[str, Query(max_length=200)]], Query(max_length=SELECTED_MAX)]
Short = Annotated[str, Field(max_length=1000)]
ChannelName = Annotated[str, Query(pattern="^(api|ftp)?$")]


class OrderForm(BaseModel):
    """What the user wrote: texts, not checked yet.

    `find` are words or an id to look for titles by. `instead` is an id to add, or an id and on the next line the one
    that replaces it.
    """

    model_config = ConfigDict(frozen=True)

    action: Action
    partner: str = Field(max_length=64)
    channel: str = Field("", pattern="^(api|ftp)?$")
    external_ids: str = Field("", max_length=TEXT_MAX_CHARS)
    window_start: Short = ""
    window_end: Short = ""
    reason: Short = ""
    correction: Short = ""
    end_at: Short = ""
    find: str = Field("", max_length=200)
    instead: Short = ""
    key: str = Field("", pattern="^([0-9a-f]{32})?$")

    def texts(self) -> dict[str, str]:
        """The fields of the order by name, with the id that was added or replaced."""
        found = {name: getattr(self, name) for name in TEXTS}
        if self.instead.strip():
            found["external_ids"] = with_id(self.external_ids, self.instead)
        return found

    def way(self, caller: Visitor) -> Way:
        """The way that the order goes; 404 for a partner that the user may not see."""
        if self.partner not in caller.partners:
            raise HTTPException(404, NOT_THERE)
        return way_of(caller.annex_of(self.partner), self.partner, self.action, self.channel)


@router.get("/actions")
def form(
    request: Request,
    caller: Caller,
    action: Action = Action.REDELIVER,
    partner: Annotated[str, Query(max_length=64)] = "",
    channel: ChannelName = "",
    external_id: Ids = [],  # noqa: B006
    window_start: Annotated[str, Query(max_length=40)] = "",
    window_end: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """The form of an action, with the selection's titles in it."""
    ids = "\n".join(external_id)
    if not partner:
        return page(
            request,
            "action.html.j2",
            action=action,
            actions=tuple(Action),
            partners=caller.partners,
            partner="",
            way=None,
        )
    order = OrderForm(
        action=action,
        partner=partner,
        channel=channel,
        external_ids=ids,
        window_start=window_start,
        window_end=window_end,
    )
    return _form_page(request, caller, order)


@router.get("/actions/ids")
def ids(
    caller: Caller,
    partner: Annotated[str, Query(max_length=64)],
    find: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Ids and names of titles at the partner that fit what was typed so far, as JSON; a few, the most similar first."""
    order = OrderForm(action=Action.REDELIVER, partner=partner, find=find)
    found = _matches(order.way(caller), find).titles
    return JSONResponse([{"external_id": one.external_id, "title": one.title} for one in found])


@router.post("/actions/preview", dependencies=[OwnOrigin])
def preview(request: Request, caller: Caller, order: Annotated[OrderForm, Form()]) -> Response:
    """The form again, with what the order would do, with titles to choose from, or with what is wrong in it."""
    way = order.way(caller)
    if order.find.strip():
        return _form_page(request, caller, order, found=_matches(way, order.find))
    conf, now = conf_of(way, order.action, order.texts(), dry_run=True), datetime.now(UTC)
    try:
        checked = check_order(way, order.action, conf, "preview", now)
    except InvalidRequest as error:
        return _form_page(request, caller, order, problem=str(error))
    with ledger_connection() as connection:
        found = preview_of(connection, order.action, checked, now)
    return _form_page(request, caller, order, preview=found, key=uuid.uuid4().hex)


@router.post("/actions/dry-run", dependencies=[OwnOrigin])
def dry_run(request: Request, caller: Caller, order: Annotated[OrderForm, Form()]) -> Response:
    """Starts the dry run as the user, and leads to its page; a release is of the titles that are held alone."""
    way = order.way(caller)
    conf = conf_of(way, order.action, order.texts(), dry_run=True)
    dag_id = way.dag_id(order.action)
    try:
        checked = check_order(way, order.action, conf, "dry_run", datetime.now(UTC))
        if order.action is Action.RELEASE:
            conf["external_ids"] = _ids_on_hold(way, checked.external_ids)
    except InvalidRequest as error:
        return _form_page(request, caller, order, problem=str(error))
    run_id = dry_run_id(dag_id, conf, caller.name, order.key or uuid.uuid4().hex)
    answer = start_run(request, dag_id, run_id, conf, "Dry run from the desk")
    if answer.is_started or answer.is_there_already:
        return to_run(dag_id, run_id)
    return _form_page(request, caller, order, status=answer.page_status, problem=answer.problem)


def _ids_on_hold(way: Way, external_ids: tuple[str, ...]) -> list[str]:
    with ledger_connection() as connection:
        held = titles_on_hold(connection, way.annex.partner, external_ids)
    if not held:
        raise InvalidRequest(NONE_HELD)
    return [name for name in external_ids if name in held]


def _matches(way: Way, text: str) -> Suggestion:
    """The titles at the partner that a text means."""
    if not text.strip():
        return Suggestion("", ())
    with ledger_connection() as connection:
        return Suggestion("", similar_titles(connection, way.annex.partner, text, datetime.now(UTC), FOUND_MAX))


def _form_page(
    request: Request, caller: Visitor, order: OrderForm, *, status: int | None = None, **values: Any
) -> Response:
    way, texts = order.way(caller), order.texts()
    dag_id = way.dag_id(order.action)
    known: Mapping[str, Any] = {"problem": "", "preview": None, "found": None, "key": ""} | values
    return page(
        request,
        "action.html.j2",
        status=status or (422 if known["problem"] else 200),
        actions=tuple(Action),
        partners=caller.partners,
        action=order.action,
        partner=order.partner,
        channel=order.channel,
        channels=channels_of(way, order.action),
        way=way,
        fields=way.fields(order.action),
        ids=texts["external_ids"].splitlines(),
        texts=texts,
        find=order.find,
        corrections=tuple(Correction),
        can_start=caller.may(START, dag_id),
        is_paused=dag_id in caller.dag_ids and is_paused(dag_id),
        **known,
    )
