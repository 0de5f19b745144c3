"""A dry run that was ordered from the desk, with its totals, and the run itself that follows it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from edye_delivery.desk.access import NOT_THERE, START, Caller, OwnOrigin, ReadableDag, Visitor, partner_of
from edye_delivery.desk.action_orders import Action, Way, check_order, real_run_id, ways_of
from edye_delivery.desk.airflow_api import Answer, start_run
from edye_delivery.desk.airflow_runs import Run, RunDetails, run_details
from edye_delivery.desk.airflow_today import is_paused
from edye_delivery.desk.navigation import desk_address
from edye_delivery.desk.render import page
from edye_delivery.desk.run_report import report_head, report_path
from edye_delivery.errors import InvalidRequest, StoreUnavailable

router = APIRouter()
DRY_RUN_MAX_AGE = timedelta(days=1)
REFRESH_S = 5
ACTIONS_OF_DAGS = (Action.REDELIVER, Action.WITHDRAW, Action.WINDOW)
RunId = Annotated[str, Query(max_length=250)]


@router.get("/actions/run")
def action_run(request: Request, caller: Caller, dag_id: ReadableDag, run_id: RunId) -> Response:
    """A dry run with its totals, from which the run itself is started; or that run."""
    way, action = _way_of_dag(caller, dag_id)
    details = _details_of(dag_id, run_id)
    return _run_page(request, caller, way, action, details)


@router.post("/actions/start", dependencies=[OwnOrigin])
def start(
    request: Request,
    caller: Caller,
    dag_id: Annotated[str, Form(max_length=250)],
    run_id: Annotated[str, Form(max_length=250)],
) -> Response:
    """Starts what an ended dry run showed, with the dry run's own conf; a second press starts nothing more."""
    if dag_id not in caller.dag_ids:
        raise HTTPException(404, NOT_THERE)
    way, action = _way_of_dag(caller, dag_id)
    details, now = _details_of(dag_id, run_id), datetime.now(UTC)
    real_id = real_run_id(dag_id, run_id)
    if run_details(dag_id, real_id) is not None:
        return to_run(dag_id, real_id)
    problem, status = why_not_started(details.run, now), 422
    if not problem:
        conf = {**details.run.conf, "dry_run": False}
        answer = _start_checked(request, way, action, conf, (dag_id, real_id, run_id), now)
        if answer.is_started or answer.is_there_already:
            return to_run(dag_id, real_id)
        problem, status = answer.problem, answer.page_status
    return _run_page(request, caller, way, action, details, problem=problem, status=status)


def why_not_started(run: Run, now: datetime) -> str:
    """Why this run cannot be followed by a run in earnest; empty where it can."""
    if run.conf.get("dry_run") is not True:
        return "This run is not a dry run, so nothing was started. Begin with the form."
    if run.is_going or run.ended_at is None:
        return "The dry run has not ended yet, so nothing was started. Wait for it and read its report."
    if now - run.ended_at > DRY_RUN_MAX_AGE:
        return "The dry run is older than a day, and titles may have changed since. Make a new one."
    return ""


def _start_checked(
    request: Request, way: Way, action: Action, conf: Mapping[str, Any], ids: tuple[str, str, str], now: datetime
) -> Answer:
    """Starts the run where its conf still passes; else an answer with the sentence that says why not."""
    dag_id, real_id, of_dry_run = ids
    try:
        check_order(way, action, conf, real_id, now)
    except InvalidRequest as error:
        return Answer(422, str(error))
    return start_run(request, dag_id, real_id, conf, f"From the desk, after dry run {of_dry_run}")


def _run_page(
    request: Request,
    caller: Visitor,
    way: Way,
    action: Action,
    details: RunDetails,
    problem: str = "",
    status: int = 200,
) -> Response:
    run = details.run
    is_dry = run.conf.get("dry_run") is True
    follower = real_run_id(run.dag_id, run.run_id)
    is_done = is_dry and run_details(run.dag_id, follower) is not None
    can_start = is_dry and not is_done and caller.may(START, run.dag_id) and not why_not_started(run, datetime.now(UTC))
    totals, no_report = _totals_of(details, way)
    answer = page(
        request,
        "action_run.html.j2",
        status=status,
        way=way,
        run=run,
        is_dry=is_dry,
        follower=follower if is_done else None,
        can_start=can_start,
        totals=totals,
        no_report=no_report,
        problem=problem,
        is_paused=run.is_going and is_paused(run.dag_id),
        needs_approval=action is Action.WITHDRAW and not is_dry and run.is_going,
    )
    if run.is_going and not problem:
        answer.headers["Refresh"] = str(REFRESH_S)
    return answer


def _totals_of(details: RunDetails, way: Way) -> tuple[Mapping[str, Any], str]:
    """The report's totals, or why there are none."""
    path = report_path(details, (way.annex.partner,))
    if path is None:
        return {}, "" if details.run.is_going else "This run has no report: open it in Airflow and read why."
    try:
        totals = report_head(path).facts.get("totals")
    except FileNotFoundError:
        return {}, "The report's files are no longer in the artifact store."
    except StoreUnavailable as error:
        return {}, str(error)
    return (totals, "") if isinstance(totals, dict) else ({}, "")


def _way_of_dag(caller: Visitor, dag_id: str) -> tuple[Way, Action]:
    """The way and the action of a DAG; 404 for a DAG that no action starts."""
    annex = caller.annexes.get(partner_of(dag_id, caller.annexes) or "")
    for way in ways_of(annex) if annex is not None else ():
        for action in ACTIONS_OF_DAGS:
            if way.dag_id(action) == dag_id:
                return way, action
    raise HTTPException(404, NOT_THERE)


def _details_of(dag_id: str, run_id: str) -> RunDetails:
    details = run_details(dag_id, run_id)
    if details is None:
        raise HTTPException(404, NOT_THERE)
    return details


def to_run(dag_id: str, run_id: str) -> Response:
    """Leads to the page of a run."""
    return RedirectResponse(desk_address("/actions/run", dag_id=dag_id, run_id=run_id), status_code=303)
