"""Which ledger and artifact store a command works on: the one of its option, else Airflow's, else the project's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from edye_delivery.errors import ConfigurationInvalid, InvalidRequest
from edye_delivery.pipeline.artifact_folder import ArtifactFolder
from edye_delivery.pipeline.prune_files import PrunableStore

PROJECT = Path(__file__).parents[3]
OWN_LEDGER = PROJECT / "build" / "ledger.sqlite"
OWN_ARTIFACTS = PROJECT / "build" / "artifacts"
SETTINGS_OF_AIRFLOW = ("AIRFLOW_HOME", "AIRFLOW_CONFIG", "AIRFLOW_CONN_", "AIRFLOW__")
CONTEXT = "_AIRFLOW_PROCESS_CONTEXT"


def ledger_url(option: str | None, command: str) -> URL:
    """The ledger's address; InvalidRequest or ConfigurationInvalid where the text or the connection is not valid.

    Airflow is loaded and asked only where it is set up on this machine. Where Airflow has no such connection, a line on
    stderr says so, with the name of `command`.
    """
    if option is not None:
        return _url_of(option)
    if _airflow_is_set_up():
        with _as_airflow_s_own_commands():
            from edye_delivery.hooks.ledger import ledger_url as airflow_ledger_url  # Airflow takes seconds to load

            url = airflow_ledger_url()
        if url is not None:
            return url
        sentence = "Airflow knows no connection delivery_ledger; reading the project's own ledger"
        print(f"{command}: {sentence}", file=sys.stderr)
    return _file(OWN_LEDGER)


def artifact_store(folder: Path | None) -> PrunableStore:
    """The artifact store: this folder, else Airflow's connection `artifact_store`, else the project's own.

    ConfigurationInvalid where the folder does not exist, or the connection is not valid.
    """
    if folder is None and _airflow_is_set_up():
        with _as_airflow_s_own_commands():
            from edye_delivery.hooks.artifacts import prunable_store  # Airflow takes seconds to load

            store = prunable_store()
        if store is not None:
            return store
    folder = folder or OWN_ARTIFACTS
    if not folder.is_dir():
        raise ConfigurationInvalid(f"there is no folder {folder}: name the artifact store's with --artifacts")
    return ArtifactFolder(folder)


def _url_of(text: str) -> URL:
    if "://" not in text:
        return _file(Path(text))
    scheme, _, rest = text.partition("://")
    try:
        return make_url(f"postgresql+psycopg2://{rest}" if scheme in ("postgres", "postgresql") else text)
    except (ArgumentError, ValueError):  # its message repeats the text, and with it a password
        raise InvalidRequest("the ledger is neither a file nor an address like postgresql://host/database") from None


def _file(path: Path) -> URL:
    here = Path.cwd()
    return URL.create("sqlite", database=str(path.relative_to(here) if path.is_relative_to(here) else path))


def _airflow_is_set_up() -> bool:
    """Whether Airflow is set up here; importing it elsewhere would make a home folder for it."""
    has_settings = any(name.startswith(SETTINGS_OF_AIRFLOW) for name in os.environ)
    return has_settings or (Path.home() / "airflow" / "airflow.cfg").is_file()


@contextmanager
def _as_airflow_s_own_commands() -> Iterator[None]:
    """Reads connections from wherever Airflow keeps them, also its database; Airflow's output goes to stderr."""
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
