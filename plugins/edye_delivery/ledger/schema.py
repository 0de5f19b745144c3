"""Which revision a ledger's tables have, and which one this program needs."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from edye_delivery.errors import Terminal
from edye_delivery.ledger.tables import METADATA, VERSION

MIGRATIONS = Path(__file__).parent / "migrations"
NUMBER_DIGITS = 4
ADVISORY_LOCK = 0x65647965
"""Who makes or migrates a ledger on PostgreSQL holds this lock; the letters "edye"."""
OUR_TABLES = frozenset(METADATA.tables) - {VERSION.name}


class SchemaMismatch(Terminal):
    """The ledger's tables are older or newer than this program; the message says both revisions and what to do."""


@lru_cache(maxsize=1)
def revisions() -> tuple[str, ...]:
    """Every revision that this program knows, oldest first: the numbers that the migration files begin with.

    Alembic itself is not asked: it takes as long to load as everything else that a task needs of the ledger.
    """
    return tuple(sorted(path.name[:NUMBER_DIGITS] for path in (MIGRATIONS / "versions").glob("[0-9]*.py")))


def head() -> str:
    """The revision that this program works with."""
    return revisions()[-1]


def revision_of(connection: Connection) -> str | None:
    """The revision that the ledger names, by one query; None where it names none."""
    try:
        return connection.execute(select(VERSION.c.version_num)).scalar()
    except (OperationalError, ProgrammingError):  # no such table
        connection.rollback()
        return None


def make_where_empty(connection: Connection) -> str | None:
    """The ledger's revision, or None where it names none; a database without our tables gets all of them, at the head.

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
    """Waits until nobody else makes or migrates the ledger; until the end of the transaction.

    On SQLite the transaction itself is the lock: it begins as a writing one.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ADVISORY_LOCK})


def refuse_mismatch(revision: str | None) -> None:
    """SchemaMismatch for a ledger that this program does not work with."""
    if revision == head():
        return
    refuse_newer(revision)
    stands = f"at revision {revision}" if revision else "of a version before revision 0001"
    raise SchemaMismatch(
        f"the ledger is {stands}, and this program needs revision {head()}: make a backup of the ledger, then run "
        "`python -m edye_delivery ledger migrate`"
    )


def refuse_newer(revision: str | None) -> None:
    """SchemaMismatch for a ledger of a later program."""
    if revision is not None and revision not in revisions():
        raise SchemaMismatch(
            f"the ledger is at revision {revision}, and this program knows revisions up to {head()} only: a later "
            "version has migrated the ledger, so upgrade this program to that version"
        )
