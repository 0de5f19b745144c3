"""What all processes of the proof share: Airflow's environment, the real DAG with a quick annex, forks."""

from __future__ import annotations

import gc
import importlib
import json
import os
import random
import runpy
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from tools import settings
from tools.chaos import files
from tools.chaos.places import Round
from tools.processes import birth_of, open_private

PARTNER = "roku_premium_subs_mx"
LONGEST_PAUSE_S = 0.1
QUICK_ANNEX: dict[str, dict[str, Any]] = {
    "retry": {"attempts": 4, "base_s": 0.01, "cap_s": 0.05, "retry_after_max_s": 5.0},
    "polling": {"first_s": 0.0, "every_s": 0.04, "slowest_s": 0.2, "growth": 1.5, "at_once": 8, "give_up_s": 2.5},
}
BATCH_SIZE = 3
ANSWER_TIMEOUT_S, LEASE_S = 2, 4
LOADED_LATE = (
    "edye_delivery.hooks.alerts",
    "edye_delivery.reports.xlsx_report",
    "edye_delivery.triggers.ingest",
    "PIL.JpegImagePlugin",
    "PIL.PngImagePlugin",
)


def prepare(folder: Path) -> None:
    """Sets Airflow's environment: a home of its own, no database, annexes with millisecond retry_policy."""
    for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
        del os.environ[name]
    home, annexes = folder / "airflow", folder / "annexes"
    home.mkdir(parents=True, exist_ok=True)
    annexes.mkdir(exist_ok=True)
    source = settings.PROJECT / "include" / "annexes" / f"{PARTNER}.yaml"
    annex = yaml.safe_load(source.read_text(encoding="utf-8"))
    annex |= {
        "batch_size": BATCH_SIZE,
        "batch_size_max": BATCH_SIZE,
        "feeds": [],
        "api": {**annex["api"], **QUICK_ANNEX, "answer_timeout_s": ANSWER_TIMEOUT_S, "lease_s": LEASE_S},
    }
    annex["reencode"] |= {"preset": "ultrafast"}
    (annexes / source.name).write_text(yaml.safe_dump(annex), encoding="utf-8")
    os.environ |= {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(settings.PROJECT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "EDYE_ANNEXES_FOLDER": str(annexes),
        "PYTHONWARNINGS": "ignore",
    }


def the_graphs() -> dict[str, Any]:
    """The DAGs that may meet, and all that their tasks load late, loaded now: forks are quick then."""
    _shorten_pauses()
    from edye_delivery.catalog.vocabulary import Channel
    from edye_delivery.dag_support.annexes import annexes
    from tools.chaos.graph import Graph

    dags = settings.PROJECT / "dags"
    delivery = runpy.run_path(str(dags / "api_delivery.py"))["delivery_dag"]
    redelivery = runpy.run_path(str(dags / "redelivery.py"))["redelivery_dag"]
    withdrawal = runpy.run_path(str(dags / "withdrawal.py"))["withdrawal_dag"]
    for name in LOADED_LATE:
        importlib.import_module(name)
    annex = annexes()[PARTNER]
    by_api = (annex, Channel.API)
    made = {"deliver": delivery(annex), "redeliver": redelivery(*by_api), "withdraw": withdrawal(*by_api)}
    graphs = {name: Graph(dag) for name, dag in made.items()}
    gc.collect()
    gc.freeze()  # what is loaded by now stays shared between all forks
    return graphs


def _shorten_pauses() -> None:
    """Cuts the pauses between tries to a tenth of a second, before any module has imported the usual ones."""
    from edye_delivery.clients.retry import Clock
    from edye_delivery.hooks import http_client

    def sleep(seconds: float) -> None:
        time.sleep(min(seconds, LONGEST_PAUSE_S))

    http_client.SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), sleep=sleep, random=random.random)


def connect(place: Round, edye_port: int, partner_port: int) -> None:
    """Sets the connections of a round for every process that is forked from now on."""
    known = settings.connections()
    known["edye_api"]["port"], known["roku_ingest"]["port"] = edye_port, partner_port
    known["edye_api"].setdefault("extra", {})["timeout_s"] = ANSWER_TIMEOUT_S
    known["delivery_ledger"]["host"] = str(place.ledger)
    known["artifact_store"]["extra"]["path"] = str(place.artifacts)
    for conn_id in ("edye_api", "roku_ingest", "delivery_ledger", "artifact_store"):
        os.environ[f"AIRFLOW_CONN_{conn_id.upper()}"] = json.dumps(known[conn_id])
    from airflow.sdk import BaseHook

    BaseHook.get_connection("artifact_store")  # loads what looks connections up, once for all forks


def fork(work: Callable[[], None], log: Path) -> dict[str, Any]:
    """Starts work in a child whose output goes to a log; the child's pid and birth."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return {"pid": pid, "birth": birth_of(pid)}
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        with open_private(log, os.O_APPEND) as target:
            for descriptor in (1, 2):
                os.dup2(target.fileno(), descriptor)
        random.seed()
        work()
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


def use_scratch(place: Round) -> None:
    """Makes the round's scratch folder the temp folder of this process and its children."""
    place.scratch.mkdir(parents=True, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(place.scratch)


def end(process: dict[str, Any] | None) -> None:
    """Kills a child with SIGKILL and reaps it."""
    if process is None:
        return
    files.kill(process, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(process["pid"], 0)
