"""check_jw_player: what JW Player says about the videos is compared with EDYE's catalogue, each night and by hand."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.params import jw_check_params
from edye_delivery.operators.jw_player import (
    CheckJwRequestOperator,
    CompareWithEdyeOperator,
    ConfirmJwCheckOperator,
    FetchWholeCatalogueOperator,
    SweepMediaOperator,
)

DOC = """
**Promise.** Every visible title of the catalogue is compared with its media in JW Player, by the rules SYNC001 to
SYNC018 (`docs/SYNC_RULES.md`), and each difference is reported with whose turn it is and what to do. Nothing is changed
on either side. Deliveries of titles whose media failed or is gone are held by rule VID023 from then on; all others go
on.

**When it runs.** Nightly, some hours after the sync of JW Player with EDYE; by hand, for all or some titles. A library
of 1,000,000 media takes about 17 minutes to read, because JW Player takes 60 calls a minute.

**When it is red.** Open `confirm_check`: its log names the differences that somebody has to correct. The log of
`compare_libraries` says where the report is. If the sweep of JW Player was not complete, nothing counts as missing, and
the log says why: run it again.

**Params.** For example `{"external_ids": ["EDYE_PLANETA_S01E03_ES"], "partner": "PARTNER"}`.

**Backfill.** None: each run compares what both sides say now. Trigger it again instead.
"""

ANNEXES = annexes()

with DAG(
    dag_id="check_jw_player",
    dag_display_name="Compare JW Player with EDYE",
    description="JW Player, where the videos are, is compared with EDYE's catalogue.",
    doc_md=DOC.replace("PARTNER", next(iter(ANNEXES), "partner")),
    schedule=CronDataIntervalTimetable("0 5 * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args(),
    params=jw_check_params(ANNEXES),
    tags={Tag.JW_PLAYER},
):
    check_request = CheckJwRequestOperator(task_id="check_request", annexes=ANNEXES)
    fetch_catalogue = FetchWholeCatalogueOperator(
        task_id="fetch_catalogue", annexes=ANNEXES, request=check_request.output
    )
    run = {"annexes": ANNEXES, "request": check_request.output, "snapshot": fetch_catalogue.output}
    sweep_media = SweepMediaOperator(task_id="sweep_media", **run)
    compare_libraries = CompareWithEdyeOperator(task_id="compare_libraries", sweep=sweep_media.output, **run)
    confirm_check = ConfirmJwCheckOperator(task_id="confirm_check", report=compare_libraries.output)
