"""Which revision a ledger's tables have, and which one this program needs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from edye_delivery.errors import Terminal
from edye_delivery.ledger import partial_indexes, pull_tables  # noqa: F401  they belong to METADATA
from edye_delivery.ledger.tables import METADATA, VERSION

MIGRATIONS = Path(__file__).parent / "migrations"
NUMBER_DIGITS = 4
ADVISORY_LOCK = 0x65647965
"""Whoever makes or migrates a ledger on PostgreSQL takes this lock; the number is the letters "edye"."""
OUR_TABLES = frozenset(METADATA.tables) - {VERSION.name}


class SchemaMismatch(Terminal):
    """The ledger's tables are older or newer than this program; the message says both revisions and what to do."""


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """Every revision that this program knows, oldest first: the numbers that the migration files begin with.

    Alembic is not used here: it takes as long to load as everything else that a task needs from the ledger.
    """
    return tuple(sorted(path.name[:NUMBER_DIGITS] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def head() -> str:
    """The revision that this program needs."""
    return revisions()[-1]


def revision_of(connection: Connection) -> str | None:
    """The revision that the ledger names, by one query; None where it names none."""
    try:
        return connection.execute(select(VERSION.c.version_num)).scalar()
    except (OperationalError, ProgrammingError):  # no such table
        connection.rollback()
        return None


def make_where_empty(connection: Connection) -> str | None:
    """The ledger's revision, or None where it names none; makes all tables in a database that has none of them.

    Nobody else makes or migrates the ledger until the connection's transaction ends.
    """
    lock(connection)
    found = frozenset(inspect(connection).get_table_names())
    if VERSION.name in found:
        known = revision_of(connection)
        if known is not None:
            return known
    if found & OUR_TABLES:
        return None
    METADATA.create_all(connection)
    connection.execute(VERSION.insert().values(version_num=head()))
    return head()


def lock(connection: Connection) -> None:
    """Keeps everybody else from making or migrating the ledger until the transaction ends.

    On SQLite the transaction itself is the lock: it begins as a write transaction.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def refuse_mismatch(revision: str | None) -> None:
    """SchemaMismatch for a ledger that this program does not work with."""
    if revision == head():
        return
    refuse_newer(revision)
    place = f"at revision {revision}" if revision else "of a version before revision 0001"
    raise SchemaMismatch(
        f"the ledger is {place}, and this program needs revision {head()}: make a backup of the ledger, then run "
        "`python -m edye_delivery ledger migrate`"
    )


def refuse_newer(revision: str | None) -> None:
    """SchemaMismatch for a ledger of a later program."""
    if revision is not None and revision not in revisions():
        raise SchemaMismatch(
            f"the ledger is at revision {revision}, and this program knows revisions up to {head()} only: a later "
            "version has migrated the ledger, so upgrade this program to that version"
        )
