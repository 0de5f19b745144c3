"""The local system: where its files are, the sandbox, and the variables that Airflow runs with."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from tools import settings
from tools.processes import PRIVATE_UMASK, Processes, has_ended, last_lines, open_private

PROJECT = settings.PROJECT
BUILD = PROJECT / "build"
AIRFLOW_HOME = BUILD / "airflow"
SANDBOX_STATE = BUILD / "sandbox"
SANDBOX_TIMEOUT_S = 180.0
SANDBOX_ENDPOINTS = SANDBOX_STATE / "endpoints.json"
"""Where the sandbox of this checkout's `make up` listens now: there as long as that runs."""
ENGINE_FILE = PROJECT / "include" / "engine.env"
"""Settings of Airflow that docker-compose.yaml has too."""
SANDBOX_PORTS = {
    "edye": 28081, "media": 28082, "partner": 28083, "s3": 28084, "admin": 28085, "ftp": 28086, "jw": 28087
}  # fmt: skip
"""Where its services listen unless somebody else does; a connection to one of these is to the sandbox."""


def airflow_variables(home: Path = AIRFLOW_HOME) -> dict[str, str]:
    """The environment of every Airflow process of this project; the caller's environment overrides it."""
    home.mkdir(parents=True, exist_ok=True)
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__FERNET_KEY": _secret_of(home / "fernet.key", _fernet_key),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": _secret_of(home / "jwt.key", lambda: secrets.token_hex(64)),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"])),
    }
    ours |= engine_settings()
    inherited = {name: value for name, value in os.environ.items() if name not in ("AIRFLOW_HOME", "PYTHONPATH")}
    return {**ours, **inherited}


def engine_settings(file: Path = ENGINE_FILE) -> dict[str, str]:
    """The settings of the engine by the names of their variables: lines NAME=VALUE, as compose reads them."""
    lines = (line.strip() for line in file.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def start_database(variables: dict[str, str]) -> subprocess.Popen[bytes] | None:
    """Starts `airflow db migrate` if the metadata database is missing; None if it exists."""
    home = Path(variables["AIRFLOW_HOME"])
    if (home / ".migrated").exists():
        return None
    with open_private(home / "migrate.log", os.O_TRUNC) as log:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        return subprocess.Popen(command, env=variables, stdout=log, stderr=log, umask=PRIVATE_UMASK)


def finish_database(child: subprocess.Popen[bytes] | None, home: Path = AIRFLOW_HOME) -> None:
    """Waits for the process of `start_database`; SystemExit if it failed."""
    if child is None:
        return
    if child.wait() != 0:
        raise SystemExit(f"airflow db migrate failed:\n{last_lines(home / 'migrate.log')}")
    (home / ".migrated").touch()


def lead_to_sandbox(connections: dict[str, dict[str, Any]], endpoints: Mapping[str, str]) -> None:
    """Replaces a port of SANDBOX_PORTS in every connection by the port on which that service listens now."""
    ports = {port: httpx.URL(endpoints[f"{service}_url"]).port for service, port in SANDBOX_PORTS.items()}
    for connection in connections.values():
        if str(connection.get("host", "")).rpartition("/")[2] == "127.0.0.1" and connection.get("port") in ports:
            connection["port"] = ports[connection["port"]]
        extra = connection.get("extra", {})
        for name in ("endpoint_url", "delivery_host"):
            url = httpx.URL(extra.get(name, ""))
            if url.host == "127.0.0.1" and url.port in ports:
                extra[name] = str(url.copy_with(port=ports[url.port]))


def start_sandbox(processes: Processes, endpoints: Path) -> dict[str, str]:
    """Starts the sandbox and waits until it answers. Returns its endpoints: usual ports, or free ones.

    The file `endpoints` has them while the sandbox runs.
    """
    endpoints.parent.mkdir(parents=True, exist_ok=True)
    endpoints.unlink(missing_ok=True)
    ports = [argument for service, port in SANDBOX_PORTS.items() for argument in (f"--{service}-port", str(port))]
    command = [sys.executable, "-m", "sandbox", "serve", "--state-dir", str(SANDBOX_STATE), "--free-if-taken", *ports]
    command += ["--endpoints", str(endpoints)]
    log = BUILD / "sandbox.log"
    child = processes.start("sandbox", command, log, {**os.environ, "PYTHONPATH": str(PROJECT)})
    deadline = time.monotonic() + SANDBOX_TIMEOUT_S
    while not endpoints.exists():
        if has_ended(child) or time.monotonic() > deadline:
            raise SystemExit(f"the sandbox did not start:\n{last_lines(log)}")
        time.sleep(0.1)
    found: dict[str, str] = json.loads(endpoints.read_text())
    for service, port in SANDBOX_PORTS.items():
        url = found[f"{service}_url"]
        if httpx.URL(url).port != port:
            print(f"port {port} is taken: the sandbox's {service} is {url} instead", file=sys.stderr)
    return found


def replaced_connections() -> set[str]:
    """Connections that the caller's environment sets, so that another system is used instead of the sandbox."""
    return {conn_id for conn_id in settings.connections() if os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")}


def _secret_of(file: Path, make: Any) -> str:
    """The secret in the file; it is made once for each checkout."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(make())
    return file.read_text().strip()


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def is_taken(port: int) -> bool:
    """Whether somebody listens on the port of 127.0.0.1."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def free_port() -> int:
    """A port of 127.0.0.1 on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
