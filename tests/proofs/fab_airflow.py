"""An api-server of Airflow with FAB's auth manager, on the world of tests.proofs.desk_world."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.builders import PROJECT
from tests.proofs.desk_world import PASSWORD, connections, write_annexes
from tests.waiting import until
from tools.local import airflow_variables, free_port
from tools.processes import Processes, last_lines

FAB = "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager"


@dataclass(frozen=True, slots=True)
class FabAirflow:
    """The address of an api-server, and the home of its Airflow."""

    url: str
    home: Path

    def client_of(self, name: str | None) -> httpx.Client:
        """A client that is logged in as this user; nobody for None."""
        one_call_each = httpx.Limits(max_keepalive_connections=0)  # the server may close an idle connection at any time
        client = httpx.Client(base_url=self.url, timeout=60, trust_env=False, limits=one_call_each)
        if name is not None:
            answer = client.post("/auth/token", json={"username": name, "password": PASSWORD})
            client.cookies.set("_token", answer.raise_for_status().json()["access_token"])
        return client


@contextmanager
def fab_airflow(home: Path) -> Iterator[FabAirflow]:
    """An api-server on a metadata database, a ledger and an artifact store that have two partners."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    write_annexes(home / "annexes")
    with pytest.MonkeyPatch.context() as environment:
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:  # another test's Airflow
            environment.delenv(name)
        variables = airflow_variables(home)
    variables |= connections(home) | {
        "AIRFLOW__CORE__AUTH_MANAGER": FAB,
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "300",
        "EDYE_ANNEXES_FOLDER": str(home / "annexes"),
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
    }
    _run(["-m", "airflow", "db", "migrate"], home, variables)
    _run(["-m", "tests.proofs.desk_world", str(home)], home, variables)
    with Processes() as processes:
        command = [sys.executable, "-m", "airflow", "api-server", "--host", "127.0.0.1", "--port", str(port)]
        server = processes.start("api-server", [*command, "--workers", "1"], home / "api-server.log", variables)

        def answers() -> bool:
            assert server.poll() is None, last_lines(home / "api-server.log")
            try:
                return httpx.get(f"{url}/api/v2/version", trust_env=False).status_code == 200
            except httpx.TransportError:
                return False

        until(answers, "an answer of the api-server", timeout_s=180, pause_s=0.3)
        yield FabAirflow(url, home)


def _run(arguments: list[str], home: Path, variables: dict[str, str]) -> None:
    done = subprocess.run([sys.executable, *arguments], env=variables, cwd=PROJECT, capture_output=True, text=True)
    (home / "commands.log").write_text(done.stdout + done.stderr)
    assert done.returncode == 0, done.stderr[-3000:]
