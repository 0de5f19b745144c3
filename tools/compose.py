"""What docker-compose.yaml needs before Airflow can start: secrets of this installation, and the ledger's database."""

from __future__ import annotations

import base64
import configparser
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import psycopg2

LEDGER_DATABASE = "edye_ledger"
CONFIGURATION, CONNECTIONS = "airflow.cfg", "connections.json"
MAKERS: dict[str, Callable[[], str]] = {
    "postgres_password": lambda: secrets.token_hex(24),
    "redis_password": lambda: secrets.token_hex(24),
    "admin_password": lambda: secrets.token_urlsafe(18),
    "fernet_key": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "jwt_secret": lambda: secrets.token_hex(64),
    "session_key": lambda: secrets.token_hex(32),
}


def make_secrets(folder: Path) -> None:
    """Fills the folder with what is missing; a secret that is there stays, so a restart changes nothing."""
    for name, make in MAKERS.items():
        if not (folder / name).exists():
            _write(folder / name, make())
    known = {name: (folder / name).read_text(encoding="ascii") for name in MAKERS}
    _write(folder / CONFIGURATION, configuration(known))
    _write(folder / CONNECTIONS, json.dumps({"delivery_ledger": ledger_connection(known["postgres_password"])}))


def configuration(known: Mapping[str, str]) -> str:
    """The secret half of Airflow's configuration; the rest is environment in docker-compose.yaml."""
    database = f"postgresql+psycopg2://airflow:{known['postgres_password']}@postgres:5432/airflow"
    parser = configparser.RawConfigParser()
    parser["core"] = {"fernet_key": known["fernet_key"]}
    parser["database"] = {"sql_alchemy_conn": database}
    parser["api"] = {"secret_key": known["session_key"]}
    parser["api_auth"] = {"jwt_secret": known["jwt_secret"]}
    parser["celery"] = {
        "broker_url": f"redis://:{known['redis_password']}@redis:6379/0",
        "result_backend": f"db+{database}",
    }
    text = io.StringIO()
    parser.write(text)
    return text.getvalue()


def ledger_connection(password: str) -> dict[str, str | int]:
    """The connection `delivery_ledger`: a database of its own beside Airflow's."""
    return {
        "conn_type": "postgres",
        "host": "postgres",
        "port": 5432,
        "login": "airflow",
        "password": password,
        "schema": LEDGER_DATABASE,
    }


def make_ledger_database(folder: Path) -> None:
    """Creates the ledger's database where it is missing."""
    password = (folder / "postgres_password").read_text(encoding="ascii")
    connection = psycopg2.connect(host="postgres", user="airflow", password=password, dbname="airflow")
    try:
        connection.autocommit = True  # CREATE DATABASE refuses to run inside a transaction
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", (LEDGER_DATABASE,))
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {LEDGER_DATABASE}")
    finally:
        connection.close()


def _write(path: Path, content: str) -> None:
    """Whole or not at all, readable by its owner alone."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(content)
    part.replace(path)


if __name__ == "__main__":
    steps = {"secrets": make_secrets, "ledger-database": make_ledger_database}
    if len(sys.argv) != 3 or sys.argv[1] not in steps:
        raise SystemExit(f"usage: python -m tools.compose {'|'.join(steps)} FOLDER")
    steps[sys.argv[1]](Path(sys.argv[2]))
