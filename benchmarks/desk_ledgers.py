"""The ledgers that the desk is measured with, on SQLite and PostgreSQL; made anew, or kept for the next time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url

from benchmarks.desk_calls import make_calls
from benchmarks.desk_data import LedgerSize, make_ledger
from benchmarks.figures import Sizes, say
from benchmarks.postgresql import PostgreSQL, postgresql_service

MARK = "finished.json"
SQLITE, POSTGRESQL = "sqlite", "postgresql"
DATABASES = (SQLITE, POSTGRESQL)
BULK_SETTINGS = ("fsync = off", "max_wal_size = '8GB'", "maintenance_work_mem = '512MB'")


@dataclass(frozen=True, slots=True)
class DeskLedger:
    """The address of a ledger, and the process of its server, where it has one."""

    url: str
    server_pid: int | None

    @property
    def connection(self) -> str:
        """The connection `delivery_ledger` to this ledger, as Airflow reads it from a variable."""
        address = make_url(self.url)
        if address.get_backend_name() == SQLITE:
            return json.dumps({"conn_type": "sqlite", "host": address.database})
        known = {"login": address.username, "schema": address.database, "extra": dict(address.query)}
        return json.dumps({"conn_type": "postgres", "host": address.host, "port": address.port, **known})


@contextmanager
def desk_ledger(database: str, sizes: Sizes, folder: Path) -> Iterator[DeskLedger]:
    """A ledger of these sizes; one that is in the folder already is taken as it is."""
    folder = folder / database
    folder.mkdir(parents=True, exist_ok=True)
    wanted = {"titles": sizes.desk_titles, "events": sizes.desk_events, "calls": sizes.desk_calls}
    is_made = (folder / MARK).exists()
    if is_made and json.loads((folder / MARK).read_text()) != wanted:
        raise SystemExit(f"desk: the ledger in {folder} has another size: delete it, or name another folder")
    with _database(database, folder) as (url, server):
        if not is_made:
            say(f"desk: {sizes.desk_titles} titles and {sizes.desk_events} events into {database}")
            _set(server, BULK_SETTINGS)
            make_ledger(url, LedgerSize(sizes.desk_titles, sizes.desk_events))
            make_calls(url, sizes.desk_calls, datetime.now(UTC))
            _set(server, ())
            (folder / MARK).write_text(json.dumps(wanted))
        yield DeskLedger(url, server.pid if server is not None else None)


@contextmanager
def _database(database: str, folder: Path) -> Iterator[tuple[str, PostgreSQL | None]]:
    """An address, and its server where it has one; the server is ended, and its files stay."""
    if database == SQLITE:
        yield f"sqlite:///{folder}/ledger.sqlite", None
        return
    with postgresql_service(kept=folder / "server") as server:
        yield server.url, server


def _set(server: PostgreSQL | None, settings: tuple[str, ...]) -> None:
    """These settings and no others, as long as a server is given; those of the benchmark itself are the usual ones."""
    if server is not None:
        for sentence in ("RESET ALL", *(f"SET {one}" for one in settings)):
            server.run(f"ALTER SYSTEM {sentence}")
        server.run("SELECT pg_reload_conf()")
