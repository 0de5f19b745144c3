"""The deadline of a run, from the annex, and what a triggerer does where a run misses it."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from airflow.sdk import AsyncCallback, DeadlineAlert, DeadlineReference

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.run_alert import RunAlert

BACKFILL = "backfill"


def run_deadline(annex: Annex) -> DeadlineAlert | None:
    """Tells somebody of a run that is not green in time; None where the annex has no `alert.run_deadline_s`."""
    deadline_s = annex.alert.run_deadline_s
    if deadline_s is None:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=timedelta(seconds=deadline_s),
        callback=AsyncCallback(tell_late, kwargs={"partner": annex.partner, "deadline_s": deadline_s}),
    )


async def tell_late(partner: str, deadline_s: float, context: dict[str, Any]) -> None:
    """Tells somebody that a run is late, once a run; not of a run of a backfill, which waits for its turn.

    A triggerer calls it, which works also where no worker does. All of it is in a thread: the triggerer's loop goes on
    meanwhile.
    """
    run = context["dag_run"]
    if run["run_type"] != BACKFILL:
        await asyncio.to_thread(_tell, partner, deadline_s, run["dag_id"], run["dag_run_id"], run["state"])


def _tell(partner: str, deadline_s: float, dag_id: str, run_id: str, state: str) -> None:
    from edye_delivery.operators.desk_link import desk_run_address  # no DAG file needs what these load
    from edye_delivery.steps.run_alerts import tell

    tell(RunAlert.late(partner, dag_id, run_id, state, deadline_s, desk_run_address(dag_id, run_id)))
