"""The local system: where its files are, the sandbox, and the variables that Airflow runs with."""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tools import settings
from tools.processes import PRIVATE_UMASK, Processes, last_lines, open_private

PROJECT = settings.PROJECT
BUILD = PROJECT / "build"
AIRFLOW_HOME = BUILD / "airflow"
SANDBOX_STATE = BUILD / "sandbox"
SANDBOX_PATIENCE_S = 180.0
SERVICES = ("edye", "media", "partner", "s3", "ftp", "admin")
CONNECTION_SERVICES = {"edye_api": "edye", "roku_ingest": "partner", "feed_store": "s3", "roku_ftp": "ftp"}
DEFAULT_PORTS = {"media": 28082, "admin": 28085}


def airflow_variables(home: Path = AIRFLOW_HOME) -> dict[str, str]:
    """The environment of every Airflow process of this project; what the caller's environment says wins."""
    home.mkdir(parents=True, exist_ok=True)
    ours = {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(PROJECT / "dags"),
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__FERNET_KEY": _kept_secret(home / "fernet.key", _fernet_key),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API_AUTH__JWT_SECRET": _kept_secret(home / "jwt.key", lambda: secrets.token_hex(64)),
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FILE_PERMISSIONS": "0o600",
        "AIRFLOW__LOGGING__FILE_TASK_HANDLER_NEW_FOLDER_PERMISSIONS": "0o700",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
        "NO_PROXY": ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1", "localhost"])),
    }
    inherited = {name: value for name, value in os.environ.items() if name not in ("AIRFLOW_HOME", "PYTHONPATH")}
    return {**ours, **inherited}


def migrate(variables: dict[str, str]) -> subprocess.Popen[bytes] | None:
    """Starts the making of the metadata database where it is missing; None where it is there."""
    home = Path(variables["AIRFLOW_HOME"])
    if (home / ".migrated").exists():
        return None
    with open_private(home / "migrate.log", os.O_TRUNC) as log:
        command = [sys.executable, "-m", "airflow", "db", "migrate"]
        return subprocess.Popen(command, env=variables, stdout=log, stderr=log, umask=PRIVATE_UMASK)


def migrated(child: subprocess.Popen[bytes] | None, home: Path = AIRFLOW_HOME) -> None:
    """Waits for what `migrate` began."""
    if child is None:
        return
    if child.wait() != 0:
        raise SystemExit(f"airflow db migrate failed:\n{last_lines(home / 'migrate.log')}")
    (home / ".migrated").touch()


def sandbox_connections(replaced: set[str]) -> tuple[dict[str, dict[str, Any]], dict[str, int]]:
    """The settings' connections and the sandbox's ports; a port that is taken gives way to a free one in both."""
    known = settings.connections()
    ports = DEFAULT_PORTS | {service: _port(known[conn_id]) for conn_id, service in CONNECTION_SERVICES.items()}
    for service in SERVICES:
        if is_taken(ports[service]):
            free = free_port()
            print(f"port {ports[service]} is taken: the sandbox's {service} listens on {free} instead", file=sys.stderr)
            ports[service] = free
    for conn_id, service in CONNECTION_SERVICES.items():
        if conn_id not in replaced:
            _set_port(known[conn_id], ports[service])
    return known, ports


def start_sandbox(processes: Processes, ports: dict[str, int], *options: str) -> dict[str, Any]:
    """Starts the sandbox and waits until it answers; its endpoints."""
    endpoints = SANDBOX_STATE / "endpoints.json"
    endpoints.unlink(missing_ok=True)
    arguments = [argument for service in SERVICES for argument in (f"--{service}-port", str(ports[service]))]
    command = [sys.executable, "-m", "sandbox", "serve", "--state-dir", str(SANDBOX_STATE), *arguments, *options]
    log = BUILD / "sandbox.log"
    child = processes.start("sandbox", command, log, {**os.environ, "PYTHONPATH": str(PROJECT)})
    deadline = time.monotonic() + SANDBOX_PATIENCE_S
    while not endpoints.exists():
        if child.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the sandbox did not start:\n{last_lines(log)}")
        time.sleep(0.1)
    found: dict[str, Any] = json.loads(endpoints.read_text())
    return found


def replaced_connections() -> set[str]:
    """Connections that the caller's environment sets itself, so that a real system or another stand-in is used."""
    return {conn_id for conn_id in settings.connections() if os.environ.get(f"AIRFLOW_CONN_{conn_id.upper()}")}


def _kept_secret(file: Path, make: Any) -> str:
    """A secret of this checkout, made once."""
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(make())
    return file.read_text().strip()


def _fernet_key() -> str:
    from cryptography.fernet import Fernet

    return Fernet.generate_key().decode()


def _port(connection: dict[str, Any]) -> int:
    endpoint = connection.get("extra", {}).get("endpoint_url", "")
    return int(endpoint.rpartition(":")[2]) if endpoint else int(connection["port"])


def _set_port(connection: dict[str, Any], port: int) -> None:
    if "endpoint_url" in connection.get("extra", {}):
        connection["extra"]["endpoint_url"] = f"http://127.0.0.1:{port}"
    else:
        connection["port"] = port


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
