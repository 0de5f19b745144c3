"""Makes what docker-compose.yaml needs before Airflow starts: the secrets of each service, and databases."""

from __future__ import annotations

import base64
import configparser
import io
import json
import os
import secrets
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg2

from tools.compose_stores import (
    import_dashboard,
    kibana_configuration,
    make_bucket,
    prepare_elasticsearch,
    store_connections,
)

LEDGER_DATABASE = "edye_ledger"
CONFIGURATION, CONNECTIONS, KIBANA = "airflow.cfg", "connections.json", "kibana.yml"
CONNECTION_PREFIX = "AIRFLOW_CONN_"
USAGE = (
    "usage: python -m tools.compose secrets FOLDER HANDED | ledger-database FOLDER | administrator FOLDER | "
    "elasticsearch FOLDER | dashboard FOLDER | bucket FOLDER | connected COMMAND ..."
)
OWNER, OWNER_AND_GROUP = 0o600, 0o640
MAKERS: dict[str, Callable[[], str]] = {
    "postgres_password": lambda: secrets.token_hex(24),
    "redis_password": lambda: secrets.token_hex(24),
    "admin_password": lambda: secrets.token_urlsafe(18),
    "fernet_key": lambda: base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
    "jwt_secret": lambda: secrets.token_hex(64),
    "session_key": lambda: secrets.token_hex(32),
    "elastic_password": lambda: secrets.token_hex(24),
    "kibana_password": lambda: secrets.token_hex(24),
    "kibana_key": lambda: secrets.token_hex(32),
    "s3_password": lambda: secrets.token_hex(24),
}


SECTIONS = {
    "init": ("core", "database", "api"),
    "api-server": ("core", "database", "api", "api_auth"),
    "scheduler": ("core", "database", "api_auth", "celery"),
    "dag-processor": ("core", "database"),
    "triggerer": ("core", "database", "api"),
    "worker": ("database", "api", "celery"),
    "delivery-api": ("core", "database"),
}
"""What each service that reads Airflow's database has to know: Fernet key (core), key of sessions and logs (api), key
of tasks (api_auth)."""

PASSWORDS = {
    "init": {"postgres_password": OWNER, "admin_password": OWNER},
    "postgres": {"postgres_password": OWNER_AND_GROUP},  # which runs as a user of its own, in our group
    "redis": {"redis_password": OWNER},
    "elasticsearch": {"elastic_password": OWNER},
    "elastic-init": {"elastic_password": OWNER, "kibana_password": OWNER},
    "s3": {"s3_password": OWNER},
}


def make_secrets(folder: Path, handed: Path) -> None:
    """Fills the folder with what is missing, and hands each service what it needs, in a folder of its name.

    A secret that is there stays, so a restart changes nothing.
    """
    for name, make in MAKERS.items():
        if not (folder / name).exists():
            _write(folder / name, make())
    known = {name: (folder / name).read_text(encoding="ascii") for name in MAKERS}
    for service, sections in SECTIONS.items():
        _write(_folder_of(handed, service) / CONFIGURATION, configuration(known, sections))
    for service, passwords in PASSWORDS.items():
        for name, mode in passwords.items():
            _write(_folder_of(handed, service) / name, known[name], mode)
    _write(_folder_of(handed, "kibana") / KIBANA, kibana_configuration(known))
    connections = {"delivery_ledger": ledger_connection(known["postgres_password"])}
    connections |= store_connections(known, os.environ)
    _write(_folder_of(handed, "init") / CONNECTIONS, json.dumps(connections))


def configuration(known: Mapping[str, str], sections: Sequence[str]) -> str:
    """The secret half of Airflow's configuration, as far as one service needs it; the rest is environment."""
    database = f"postgresql+psycopg2://airflow:{known['postgres_password']}@postgres:5432/airflow"
    secret = {
        "core": {"fernet_key": known["fernet_key"]},
        "database": {"sql_alchemy_conn": database},
        "api": {"secret_key": known["session_key"]},
        "api_auth": {"jwt_secret": known["jwt_secret"]},
        "celery": {
            "broker_url": f"redis://:{known['redis_password']}@redis:6379/0",
            "result_backend": f"db+{database}",
        },
    }
    parser = configparser.RawConfigParser()
    for section in sections:
        parser[section] = secret[section]
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


def make_administrator(folder: Path) -> None:
    """Creates the administrator where there is none; ADMIN_PASSWORD, where it is set, replaces the password.

    In this process and not by `airflow users create`, whose password would stand on a command line.
    """
    from airflow.providers.fab.auth_manager.cli_commands.utils import get_application_builder

    name, wanted = os.environ["ADMIN_USER"], os.environ.get("ADMIN_PASSWORD", "")
    password = wanted or (folder / "admin_password").read_text(encoding="ascii")
    with get_application_builder() as builder:
        manager: Any = builder.sm
        user = manager.find_user(name)
        if user is None:
            manager.add_user(name, "Airflow", "Administrator", name, manager.find_role("Admin"), password)
        elif wanted:
            manager.reset_password(user.id, wanted)
        if manager.find_user(name) is None:
            raise SystemExit(f"the administrator {name} could not be created; the lines above say why")


def connected(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment with its AIRFLOW_CONN_* filled in: a text "$NAME" in their JSON stands for the variable NAME.

    A token may have any character; what it stands in stays JSON. The variables themselves are left out.
    """
    filled = dict(environment)
    for key, value in environment.items():
        if key.startswith(CONNECTION_PREFIX):
            filled[key] = json.dumps(_filled(json.loads(value), environment, filled))
    return filled


def _filled(value: Any, environment: Mapping[str, str], left: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, environment, left) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, environment, left) for one in value]
    if isinstance(value, str) and value.startswith("$"):
        left.pop(value[1:], None)
        return environment[value[1:]]
    return value


def _folder_of(handed: Path, service: str) -> Path:
    """The service's folder: a volume of its own, which the image brings along."""
    folder = handed / service
    folder.mkdir(mode=0o750, exist_ok=True)
    return folder


def _write(path: Path, content: str, mode: int = OWNER) -> None:
    """Whole or not at all, readable by its owner alone, or by its group too."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER), "w", encoding="ascii") as file:
        os.fchmod(file.fileno(), mode)
        file.write(content)
    part.replace(path)


def main(arguments: Sequence[str]) -> None:
    """One step of the start; `connected` becomes the command that it is given."""
    match arguments:
        case ["secrets", folder, handed]:
            make_secrets(Path(folder), Path(handed))
        case ["ledger-database", folder]:
            make_ledger_database(Path(folder))
        case ["administrator", folder]:
            make_administrator(Path(folder))
        case ["elasticsearch", folder]:
            prepare_elasticsearch(Path(folder))
        case ["dashboard", folder]:
            import_dashboard(Path(folder))
        case ["bucket", folder]:
            make_bucket(Path(folder))
        case ["connected", command, *_]:
            os.execvpe(command, list(arguments[1:]), connected(os.environ))  # noqa: S606 - docker-compose.yaml's own
        case _:
            raise SystemExit(USAGE)


if __name__ == "__main__":
    main(sys.argv[1:])
