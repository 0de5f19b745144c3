"""A real Airflow on this machine: api-server, scheduler, dag-processor and triggerer as separate processes."""

from __future__ import annotations

import json
import os
import secrets
import sys
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tools import settings
from tools.local import PROJECT, airflow_variables, finish_database, free_port, is_taken, start_database
from tools.processes import Processes, last_lines

HEALTHY_TIMEOUT_S = 240.0
DAG_TIMEOUT_S = 240.0
LOCK_TIMEOUT_S = 30.0
API_PORT = 28080
USER = "admin"


@dataclass(frozen=True, slots=True)
class Component:
    """A process of Airflow beside the api-server: its name, what follows `airflow`, and variables of its own."""

    name: str
    arguments: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)


COMPONENTS = tuple(Component(name, (name,)) for name in ("scheduler", "dag-processor", "triggerer"))


class AirflowSystem:
    """The components, below a home of their own; `call` speaks to the REST API.

    Without `components` these are one each, on LocalExecutor and SQLite; `variables` win over the usual ones.
    A `port` that somebody else has is replaced by a free one.
    """

    def __init__(
        self,
        processes: Processes,
        home: Path,
        connections: dict[str, Any],
        components: Sequence[Component] = COMPONENTS,
        variables: Mapping[str, str] | None = None,
        port: int = API_PORT,
    ) -> None:
        self._processes, self._home, self._connections = processes, home, connections
        self._components = components
        self.port = free_port() if is_taken(port) else port
        self.url = f"http://127.0.0.1:{self.port}"
        self.variables = {**airflow_variables(home), **self._system_variables(), **(variables or {})}
        self._client = httpx.Client(base_url=self.url, timeout=30, trust_env=False)

    @property
    def login(self) -> tuple[str, str]:
        """User and password of the web page."""
        return USER, json.loads(self._passwords.read_text())[USER]

    def start(self) -> None:
        """Makes the database, loads the settings, starts the components and waits until all are healthy.

        The api-server needs no settings, so it starts while they are loaded. The scheduler starts when the api-server
        answers: tasks report to it, and a task that cannot reach it is lost for more than a minute.
        """
        finish_database(start_database(self.variables), self._home)
        self._start(Component("api-server", ("api-server",)))
        settings.load(self._connections, self.variables)
        self._wait_until(self._is_ours)
        for component in self._components:
            self._start(component)
        self._wait_until(self._is_healthy)

    def _start(self, component: Component) -> None:
        command = [sys.executable, "-m", "airflow", *component.arguments]
        log = self._home / f"{component.name}.log"
        self._processes.start(component.name, command, log, {**self.variables, **component.variables})

    def wait_for_dag(self, dag_id: str) -> None:
        """Waits until the dag-processor has loaded the DAG: before that nobody can trigger or backfill it."""
        deadline = time.monotonic() + DAG_TIMEOUT_S
        while True:
            try:
                self.call("GET", f"/dags/{dag_id}")
                return
            except httpx.HTTPStatusError as error:
                if error.response.status_code != 404:
                    raise
            except httpx.TransportError as error:
                print(f"the api-server on port {self.port} did not answer ({type(error).__name__})", file=sys.stderr)
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"there is no DAG {dag_id} after {DAG_TIMEOUT_S:.0f} s; its import errors are in the browser, "
                    f"and in the dag-processor's log in {self._home}"
                )
            time.sleep(0.5)

    def call(self, method: str, path: str, **options: Any) -> Any:
        """The REST API's answer as JSON; raises on an error status.

        Beside a busy scheduler the API sometimes answers 500, "database is locked", after SQLite's five seconds. Then
        the call is repeated for a while: a call has to be safe to repeat, as `trigger` is by naming its run.
        """
        if "Authorization" not in self._client.headers:
            user, password = self.login
            token = self._client.post("/auth/token", json={"username": user, "password": password})
            self._client.headers["Authorization"] = f"Bearer {token.raise_for_status().json()['access_token']}"
        deadline = time.monotonic() + LOCK_TIMEOUT_S
        while True:
            answer = self._client.request(method, f"/api/v2{path}", **options)
            if not answer.is_server_error or time.monotonic() > deadline:
                answer.raise_for_status()
                return answer.json() if answer.content else None
            time.sleep(0.5)

    def trigger(self, dag_id: str, conf: dict[str, Any] | None = None) -> Any:
        """Starts exactly one run, and returns the REST API's answer."""
        request = {"dag_run_id": f"asked__{uuid.uuid4()}", "logical_date": None, "conf": conf or {}}
        try:
            return self.call("POST", f"/dags/{dag_id}/dagRuns", json=request)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
            return self.call("GET", f"/dags/{dag_id}/dagRuns/{request['dag_run_id']}")

    def _system_variables(self) -> dict[str, str]:
        """Ports, login and connections, which only a system of processes needs; the caller's AIRFLOW_CONN_* win."""
        self._passwords.parent.mkdir(parents=True, exist_ok=True)
        if not self._passwords.exists():
            self._passwords.touch(mode=0o600)
            self._passwords.write_text(json.dumps({USER: secrets.token_urlsafe(9)}))
        return {
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(self.port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": f"{USER}:admin",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(self._passwords),
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "10",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(free_port()),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT": str(free_port()),
            "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
            "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
        }

    @property
    def _passwords(self) -> Path:
        return self._home / "passwords.json"

    def _wait_until(self, is_reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + HEALTHY_TIMEOUT_S
        while True:
            ended = self._processes.check()
            if ended is not None:
                raise SystemExit(f"Airflow's {ended} ended:\n{last_lines(self._home / f'{ended}.log')}")
            if is_reached():
                return
            if time.monotonic() > deadline:
                raise SystemExit(
                    f"Airflow is not healthy after {HEALTHY_TIMEOUT_S:.0f} s; its logs are in {self._home}"
                )
            time.sleep(0.5)

    def _is_healthy(self) -> bool:
        try:
            parts = self._client.get("/api/v2/monitor/health").json()
        except (httpx.HTTPError, ValueError):
            return False
        return all(parts.get(part, {}).get("status") == "healthy" for part in HEALTH_PARTS)

    def _is_ours(self) -> bool:
        """Whether our own Airflow answers on the port: only it knows the password."""
        try:
            user, password = self.login
            answer = self._client.post("/auth/token", json={"username": user, "password": password})
        except httpx.HTTPError:
            return False
        if answer.status_code == 401:
            raise SystemExit(f"another Airflow answers on port {self.port}: end it, or wait until it has ended")
        return answer.is_success


HEALTH_PARTS = ("metadatabase", "scheduler", "dag_processor", "triggerer")
