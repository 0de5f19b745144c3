"""One run of a delivery DAG in this process (`dag.test`): JSON lines on standard output, all else in a log file.

Lines: {"event": "titles", "total"}, {"event": "state", "external_id", "state"}, and last
{"event": "done", "run_id", "state", "report": a folder with report.json, .csv, .xlsx, .html or null,
"shipped": a sentence on the events that went to IngestaLogs}.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tools.processes import open_private

POLL_S = 0.4


def main() -> int:
    """`python -m tools.one_run DAG_ID CONF_JSON OUTPUT_FOLDER`."""
    dag_id, conf, folder = sys.argv[1], json.loads(sys.argv[2]), Path(sys.argv[3])
    folder.mkdir(parents=True, exist_ok=True)
    tell = _separated_output(folder / "airflow.log")
    warnings.simplefilter("ignore")
    _guard_logs()
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(dag_folder=os.environ["AIRFLOW__CORE__DAGS_FOLDER"])
    if dag_id not in bag.dags:
        tell({"event": "error", "sentence": f"there is no DAG {dag_id}; {_why_not(bag)}"})
        return 2
    stop = threading.Event()
    watcher = threading.Thread(target=_watch, args=(tell, stop), daemon=True)
    watcher.start()
    run = bag.dags[dag_id].test(run_conf=conf)
    stop.set()
    watcher.join()
    report = _fetch_report(dag_id, run.run_id, folder)
    done = {"run_id": run.run_id, "state": str(run.state), "report": report, "shipped": _shipped()}
    tell({"event": "done", **done})
    return 0


def _why_not(bag: Any) -> str:
    """What is wrong with annexes or DAG files; if nothing is, which DAGs exist."""
    from edye_delivery.dag_support.annexes import annex_folder

    complaint = annex_folder().complaint
    return complaint or "\n".join(bag.import_errors.values()) or f"there are {', '.join(sorted(bag.dags))}"


def _separated_output(log: Path) -> Callable[[dict[str, Any]], None]:
    """Keeps the real standard output for our lines and sends everything else to the log."""
    ours = os.fdopen(os.dup(1), "w", buffering=1)
    with open_private(log, os.O_TRUNC) as target:
        os.dup2(target.fileno(), 1)
        os.dup2(target.fileno(), 2)
    return lambda line: print(json.dumps(line), file=ours, flush=True)


def _guard_logs() -> None:
    """Guards the log before the first connection is read: in one process, Airflow itself prints passwords at DEBUG."""
    from edye_delivery.hooks.log_guard import guard_logs

    guard_logs(())


def _watch(tell: Callable[[dict[str, Any]], None], stop: threading.Event) -> None:
    """Prints every change of state in the ledger, until stopped."""
    from sqlalchemy import select

    from edye_delivery.hooks.ledger import LedgerHook
    from edye_delivery.ledger.database import open_engine
    from edye_delivery.ledger.tables import EVENTS

    engine = open_engine(LedgerHook().url())
    with engine.connect() as connection:
        last = connection.execute(select(EVENTS.c.id).order_by(EVENTS.c.id.desc()).limit(1)).scalar() or 0
    ended = False
    while not ended:
        ended = stop.wait(POLL_S)
        with engine.connect() as connection:
            rows = connection.execute(select(EVENTS).where(EVENTS.c.id > last).order_by(EVENTS.c.id)).all()
        for row in rows:
            last = row.id
            tell({"event": "state", "external_id": row.external_id, "state": row.state, "detail": row.detail})


def _shipped() -> str:
    """Ships the events, as the DAG ship_ingesta_logs does every few minutes."""
    from edye_delivery.errors import DeliveryError
    from edye_delivery.hooks.http_client import SYSTEM_CLOCK
    from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
    from edye_delivery.hooks.ledger import LedgerHook
    from edye_delivery.pipeline.ship_events import Shipper

    try:
        counts = Shipper(LedgerHook().trail(), IngestaLogsHook().sink(), SYSTEM_CLOCK).ship()
    except DeliveryError as error:
        return f"events were not shipped: {error}"
    return f"{counts['shipped']} events shipped to the connection ingesta_logs"


def _fetch_report(dag_id: str, run_id: str, folder: Path) -> str | None:
    """Copies the run's report out of the artifact store; None if the run did not get that far."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    from edye_delivery.hooks.artifacts import ArtifactHook

    with create_session() as session:
        query = XComModel.get_many(run_id=run_id, dag_ids=dag_id, task_ids="report", key="return_value")
        reported = session.execute(query).scalars().first()
    if reported is None:
        return None
    place = XComModel.deserialize_value(reported)["path"].removesuffix("json")
    store = ArtifactHook().get_conn()
    for ending in ("json", "csv", "xlsx", "html"):
        (folder / f"report.{ending}").write_bytes(store.get(place + ending))
    return str(folder)


if __name__ == "__main__":
    sys.exit(main())
