"""Which ledger a command looks at: the one that it is given, else Airflow's, else the project's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from edye_delivery.errors import InvalidRequest

PROJECT = Path(__file__).parents[3]
OWN_LEDGER = PROJECT / "build" / "ledger.sqlite"
SETTINGS_OF_AIRFLOW = ("AIRFLOW_HOME", "AIRFLOW_CONFIG", "AIRFLOW_CONN_", "AIRFLOW__")
CONTEXT = "_AIRFLOW_PROCESS_CONTEXT"


def ledger_url(given: str | None, command: str) -> URL:
    """The ledger's address; InvalidRequest for text that is none, ConfigurationInvalid for a connection that is none.

    Airflow is asked, and loaded, only where this machine has one set up. `command` is who says it on stderr where
    Airflow has no such connection.
    """
    if given is not None:
        return _url_of(given)
    if _airflow_is_set_up():
        with _as_airflow_s_own_commands():
            from edye_delivery.hooks.ledger import ledger_url as airflow_ledger_url  # Airflow takes seconds to load

            url = airflow_ledger_url()
        if url is not None:
            return url
        told = "Airflow knows no connection delivery_ledger; looking at the project's own"
        print(f"{command}: {told}", file=sys.stderr)
    return _file(OWN_LEDGER)


def _url_of(text: str) -> URL:
    if "://" not in text:
        return _file(Path(text))
    scheme, _, rest = text.partition("://")
    try:
        return make_url(f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else text)
    except (ArgumentError, ValueError):  # its words repeat the text, and with it a password
        raise InvalidRequest("the ledger is neither a file nor an address like postgresql://host/database") from None


def _file(path: Path) -> URL:
    here = Path.cwd()
    return URL.create("sqlite", database=str(path.relative_to(here) if path.is_relative_to(here) else path))


def _airflow_is_set_up() -> bool:
    """Whether there is an Airflow to ask; importing it where there is none would make it a home."""
    named = any(name.startswith(SETTINGS_OF_AIRFLOW) for name in os.environ)
    return named or (Path.home() / "airflow" / "airflow.cfg").is_file()


@contextmanager
def _as_airflow_s_own_commands() -> Iterator[None]:
    """Connections come from wherever Airflow keeps them, its database as well; what Airflow prints goes to stderr."""
    before = os.environ.get(CONTEXT)
    os.environ[CONTEXT] = "server"  # as `airflow connections` does; without it the database is not asked
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if before is None:
            del os.environ[CONTEXT]
        else:
            os.environ[CONTEXT] = before
