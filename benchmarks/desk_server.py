"""The api-server of a real Airflow with the desk in it: its own command, one worker, and our DAGs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from benchmarks.desk_calls import PARTNER as READER
from benchmarks.desk_data import PARTNERS
from benchmarks.memory import cpu_seconds, descendants
from benchmarks.production import first_api_annex
from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, load_annexes
from tools.airflow_system import AirflowSystem
from tools.local import finish_database, free_port, start_database
from tools.processes import Processes, has_ended, last_lines

START_TIMEOUT_S = 900.0
LOOK_EVERY_S = 0.05
CALL_TIMEOUT_S = 300.0
HEALTH = "/api/v2/monitor/health"


@dataclass(frozen=True, slots=True)
class Started:
    """A server that answers: a client who is logged in, its process, and what its start took."""

    client: httpx.Client
    pid: int
    seconds: float
    cpu_seconds: float

    @property
    def memory_bytes(self) -> int:
        """The resident memory of the server and its children."""
        return sum(_resident_bytes(pid) for pid in (self.pid, *descendants(self.pid, frozenset())))


class DeskServer:
    """Starts api-servers on one metadata database, which has the DAGs of the desk's partners."""

    def __init__(self, folder: Path) -> None:
        """Makes what a server needs in the folder: annexes, empty folders, an environment."""
        self._folder = folder
        _write_annexes(folder / "annexes")
        (folder / "no-plugins").mkdir()
        (folder / "artifacts").mkdir()
        self._system = AirflowSystem(Processes(), folder / "airflow", {})
        self._url = f"http://127.0.0.1:{free_port()}"
        self._system.variables |= {
            FOLDER_VARIABLE: str(folder / "annexes"),
            "AIRFLOW__API__PORT": self._url.rpartition(":")[2],
            "AIRFLOW__API__BASE_URL": self._url,
            "AIRFLOW_CONN_ARTIFACT_STORE": f'{{"conn_type": "fs", "extra": {{"path": "{folder / "artifacts"}"}}}}',
        }

    def prepare(self) -> None:
        """Makes the metadata database and writes the DAGs into it, as the dag-processor does."""
        finish_database(start_database(self._system.variables), self._folder / "airflow")
        command = [sys.executable, "-m", "airflow", "dags", "reserialize"]
        subprocess.run(command, env=self._system.variables, check=True, capture_output=True, timeout=START_TIMEOUT_S)

    @contextmanager
    def started(self, connection: str, *, with_plugin: bool = True) -> Iterator[Started]:
        """A server with this ledger until the context ends; without the plugin it is Airflow alone."""
        variables = {**self._system.variables, "AIRFLOW_CONN_DELIVERY_LEDGER": connection}
        if not with_plugin:
            variables["AIRFLOW__CORE__PLUGINS_FOLDER"] = str(self._folder / "no-plugins")
        log = self._folder / "api-server.log"
        began_s = time.perf_counter()
        with Processes() as processes:
            child = processes.start("api-server", [sys.executable, "-m", "airflow", "api-server"], log, variables)
            with httpx.Client(base_url=self._url, trust_env=False, timeout=CALL_TIMEOUT_S) as client:
                while not _answers(client):
                    if has_ended(child) or time.perf_counter() - began_s > START_TIMEOUT_S:
                        raise SystemExit(f"desk: the api-server did not start:\n{last_lines(log)}")
                    time.sleep(LOOK_EVERY_S)
                seconds = time.perf_counter() - began_s
                cpu_s = cpu_seconds(child.pid)
                client.headers["Authorization"] = f"Bearer {self._token(client)}"
                yield Started(client, child.pid, seconds, cpu_s)

    def _token(self, client: httpx.Client) -> Any:
        user, password = self._system.login
        answer = client.post("/auth/token", json={"username": user, "password": password})
        return answer.raise_for_status().json()["access_token"]


def _write_annexes(folder: Path) -> None:
    """An annex for each partner of the ledger: copies of those of the project, with places of their own."""
    folder.mkdir()
    pulling = next(annex.partner for annex in load_annexes(DEFAULT_FOLDER).values() if annex.pull is not None)
    for partner in PARTNERS:
        source = pulling if partner == READER else first_api_annex().partner
        content = yaml.safe_load((DEFAULT_FOLDER / f"{source}.yaml").read_text(encoding="utf-8"))
        content |= {"partner": partner, "client_id": partner, "display_name": partner.replace("_", " ").title()}
        for feed in content.get("feeds", []):
            feed["prefix"] = f"{partner}/{feed['name']}"
        (folder / f"{partner}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    load_annexes(folder)


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get(HEALTH).is_success
    except httpx.TransportError:
        return False


def _resident_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
