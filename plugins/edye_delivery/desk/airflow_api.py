"""Calls Airflow's public REST API as the user who is logged in, inside the api-server's own process.

So Airflow itself decides what the user may do, and its audit log has his name.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import anyio.from_thread
import httpx
from starlette.requests import Request

from edye_delivery.catalog.printable import printable
from edye_delivery.desk.navigation import AIRFLOW_APP

CALL_MAX_S = 20.0
DETAIL_MAX_CHARS = 400
COOKIE = "_token"
STARTED, CONFLICT, FORBIDDEN = (200, 201), 409, 403
CALLS: set[asyncio.Future[httpx.Response]] = set()
"""Calls that have not ended, also those for which nobody waits any more: a task that nobody holds may vanish."""
TOO_SLOW = f"Airflow did not answer within {CALL_MAX_S:.0f} seconds; look at the DAG's runs before you start it again."


@dataclass(frozen=True, slots=True)
class Answer:
    """What Airflow answered to the order to start a run; `problem` says in words why there is no new run."""

    status: int
    problem: str

    @property
    def is_started(self) -> bool:
        """Whether Airflow has made the run now."""
        return self.status in STARTED

    @property
    def page_status(self) -> int:
        """The status of the page that says it: 403 where Airflow forbade it, else 422."""
        return FORBIDDEN if self.status == FORBIDDEN else 422

    @property
    def is_there_already(self) -> bool:
        """Whether a run with this id was there before."""
        return self.status == CONFLICT


def start_run(request: Request, dag_id: str, run_id: str, conf: Mapping[str, Any], note: str) -> Answer:
    """Starts a run as the user who made this request; to be called from an endpoint's thread."""
    return anyio.from_thread.run(_start_run, request, dag_id, run_id, conf, note)


async def _start_run(request: Request, dag_id: str, run_id: str, conf: Mapping[str, Any], note: str) -> Answer:
    body = {"dag_run_id": run_id, "logical_date": None, "conf": dict(conf), "note": note}
    headers = {"Authorization": f"Bearer {_token_of(request)}", "Content-Type": "application/json"}
    path = f"/api/v2/dags/{quote(dag_id, safe='')}/dagRuns"
    call = asyncio.ensure_future(_post(request, path, body, headers))
    CALLS.add(call)
    call.add_done_callback(CALLS.discard)
    ended, _ = await asyncio.wait({call}, timeout=CALL_MAX_S)  # Airflow's own thread cannot be cancelled
    if not ended:
        return Answer(504, TOO_SLOW)
    answer = call.result()
    return Answer(answer.status_code, "" if answer.status_code in STARTED else _problem_of(answer))


async def _post(request: Request, path: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> httpx.Response:
    transport = httpx.ASGITransport(app=request.scope[AIRFLOW_APP], raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=str(request.base_url), headers=headers) as client:
        return await client.post(httpx.URL(client.base_url).copy_with(path=path), json=body)


def _token_of(request: Request) -> str:
    """The user's own token: the header's before the cookie's, as Airflow reads them."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token else request.cookies.get(COOKIE, "")


def _problem_of(answer: httpx.Response) -> str:
    if answer.status_code == FORBIDDEN:
        return "Airflow says that you may not start this DAG. Ask an administrator of Airflow for the permission."
    try:
        detail = answer.json().get("detail")
    except (json.JSONDecodeError, UnicodeDecodeError, AttributeError):
        detail = None
    words = detail if isinstance(detail, str) else json.dumps(detail) if detail else "no reason given"
    return f"Airflow did not start the run (status {answer.status_code}): {printable(words, DETAIL_MAX_CHARS)}"
