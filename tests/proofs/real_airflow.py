"""A real Airflow with the project's DAGs on a sandbox: components of its own, an annex that waits shortly."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox.server import Sandbox
from tests.builders import ANNEX_FILE, annex_content
from tools.airflow_system import AirflowSystem
from tools.processes import Processes
from tools.settings import connections

QUICK_API = {
    "polling": {"first_s": 1.0, "every_s": 0.5, "slowest_s": 2, "give_up_s": 120},
    "retry": {"attempts": 2, "base_s": 0.1, "cap_s": 0.2},
}


@contextmanager
def real_airflow(
    box: Sandbox,
    feeds_url: str,
    database_url: str,
    home: Path,
    dag_id: str,
    ledger: dict[str, Any] | None = None,
    further_annexes: Iterable[Path] = (),
    further_connections: Mapping[str, dict[str, Any]] | None = None,
    variables: Mapping[str, str] | None = None,
    **annex_changes: Any,
) -> Iterator[AirflowSystem]:
    """Airflow's components on their own database, up until the end of the block; the DAG is there.

    `ledger` is the connection of another ledger than a SQLite file in `home`. Airflow's own database is no SQLite:
    there its command line beside a scheduler would find the database locked at times. `variables` are more of the
    components' environment.
    """
    annexes = home / "annexes"
    annexes.mkdir()
    annex = annex_content() | annex_changes
    annex["api"] |= QUICK_API
    (annexes / ANNEX_FILE.name).write_text(yaml.safe_dump(annex), encoding="utf-8")
    for file in further_annexes:
        shutil.copy(file, annexes)
    known = connections()
    known["edye_api"] |= {"port": int(box.edye_url.rpartition(":")[2])}
    known["roku_ingest"] |= {"port": int(box.partner_url.rpartition(":")[2])}
    known["feed_store"]["extra"] |= {"endpoint_url": feeds_url}
    known["delivery_ledger"] = ledger or known["delivery_ledger"] | {"host": str(home / "ledger.sqlite")}
    known["artifact_store"] |= {"extra": {"path": str(home / "artifacts")}}
    known["delivery_api_store"] |= {"extra": {"path": str(home / "delivery_api")}}
    known |= further_connections or {}
    with pytest.MonkeyPatch.context() as environment, Processes() as processes:
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            environment.delenv(name)
        for name, value in (variables or {}).items():
            environment.setenv(name, value)
        environment.setenv("EDYE_ANNEXES_FOLDER", str(annexes))
        environment.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", database_url)
        system = AirflowSystem(processes, home, known)
        system.start()
        system.wait_for_dag(dag_id)
        yield system
