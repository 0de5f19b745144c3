"""A run: what it was asked, how far it came, and its report in place; and the latest runs of a DAG."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request
from starlette.responses import Response, StreamingResponse

from edye_delivery.annex.model import Annex
from edye_delivery.desk.access import NOT_THERE, START, Caller, ReadableDag, Visitor, partner_of
from edye_delivery.desk.airflow_runs import RunDetails, Step, latest_runs, run_details
from edye_delivery.desk.render import page
from edye_delivery.desk.run_report import (
    ENDINGS,
    NAMED_MAX,
    ReportHead,
    report_file,
    report_head,
    report_path,
    request_of,
)
from edye_delivery.errors import StoreUnavailable

router = APIRouter()
RunId = Annotated[str, Query(max_length=250)]
REPORT_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "frame-ancestors 'self'; sandbox allow-scripts"
)
"""The report's script runs in an origin of its own: it can read neither the desk nor the login."""
GONE = "The report's files are no longer in the artifact store."


@router.get("/run")
def run(request: Request, caller: Caller, dag_id: ReadableDag, run_id: RunId) -> Response:
    """One run; for a DAG that is not ours, what the desk shows."""
    details = _details_of(dag_id, run_id)
    annex = _annex_of(caller, dag_id)
    if annex is None:
        return page(request, "not_ours.html.j2", dag_id=dag_id)
    path = report_path(details, _names_of(caller, annex))
    head, problem = _head_of(path)
    return page(
        request,
        "run.html.j2",
        annex=annex,
        run=details.run,
        steps=details.steps,
        failures=failures_of(details.steps),
        order=request_of(details),
        head=head,
        named_max=NAMED_MAX,
        problem=problem,
        endings=tuple(ENDINGS) if head is not None else (),
        can_start=caller.may(START, dag_id),
    )


@router.get("/run/report.{ending}")
def report(caller: Caller, dag_id: ReadableDag, run_id: RunId, ending: str) -> Response:
    """The run's report in one format; the page is shown, the others are downloads."""
    annex = _annex_of(caller, dag_id)
    path = report_path(_details_of(dag_id, run_id), _names_of(caller, annex)) if annex is not None else None
    if path is None or ending not in ENDINGS:
        raise HTTPException(404, NOT_THERE)
    try:
        size_bytes, blocks = report_file(path, ending)
    except FileNotFoundError:
        raise HTTPException(404, GONE) from None
    headers = {"Content-Length": str(size_bytes)}
    if ending == "html":
        headers["Content-Security-Policy"] = REPORT_POLICY
    else:
        name = "-".join(path.split("/")[1:3])
        headers["Content-Disposition"] = f'attachment; filename="report-{name}.{ending}"'
    return StreamingResponse(blocks, media_type=ENDINGS[ending], headers=headers)


@router.get("/dag")
def dag(request: Request, caller: Caller, dag_id: ReadableDag) -> Response:
    """The latest runs of a DAG; for a DAG that is not ours, what the desk shows."""
    annex = _annex_of(caller, dag_id)
    if annex is None:
        return page(request, "not_ours.html.j2", dag_id=dag_id)
    return page(request, "dag.html.j2", annex=annex, dag_id=dag_id, runs=latest_runs(dag_id))


def failures_of(steps: Iterable[Step]) -> tuple[str, ...]:
    """The tasks that failed by themselves, each once, as the runbook's headings have them: without their groups."""
    return tuple(dict.fromkeys(step.task_id.rpartition(".")[2] for step in steps if step.has_failed))


def _details_of(dag_id: str, run_id: str) -> RunDetails:
    details = run_details(dag_id, run_id)
    if details is None:
        raise HTTPException(404, NOT_THERE)
    return details


def _annex_of(caller: Visitor, dag_id: str) -> Annex | None:
    return caller.annexes.get(partner_of(dag_id, caller.annexes) or "")


def _names_of(caller: Visitor, annex: Annex) -> tuple[str, ...]:
    return tuple(name for name in caller.partners if caller.annex_of(name) is annex)


def _head_of(path: str | None) -> tuple[ReportHead | None, str]:
    """The report's head, or why there is none."""
    if path is None:
        return None, ""
    try:
        return report_head(path), ""
    except FileNotFoundError:
        return None, GONE
    except StoreUnavailable as error:
        return None, str(error)
