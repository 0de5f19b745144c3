"""The ledger for a server that runs for months: connections that cannot write, checked each time they are used."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from sqlalchemy import URL, Connection, Engine, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, TimeoutError

from edye_delivery.ledger.read_only import (
    NoLedger,
    address_of,
    read_only_engine,
    refuse_absent,
    refuse_database_errors,
    refuse_other_database,
)
from edye_delivery.ledger.schema import head
from edye_delivery.ledger.tables import VERSION
from edye_delivery.ledger.time_limit import READ_MAX_S, Seconds, limit_reads

CONNECTIONS = 4
WAIT_MAX_S = 5.0


class LedgerReader:
    """Reads of one ledger from many threads; a process has one, and makes it after a fork.

    Nothing is opened before the first read. Where the database goes away, each read says so, and the first one after
    its return works again.
    """

    def __init__(
        self,
        url: URL | str,
        *,
        connections: int = CONNECTIONS,
        wait_s: float = WAIT_MAX_S,
        clock: Seconds = time.monotonic,
    ) -> None:
        """On PostgreSQL, at most so many reads are served at a time; one more waits `wait_s` for its turn."""
        try:
            self._url = make_url(url)
        except ArgumentError:  # its message would show the address, and a password in it
            raise NoLedger(
                "the ledger's address is no address of a database: postgresql://... or sqlite:///..."
            ) from None
        self._connections, self._wait_s, self._clock = connections, wait_s, clock
        self._lock = Lock()
        self._opened: Engine | None = None

    @property
    def address(self) -> str:
        """The address without login, password and options, for people."""
        return address_of(self._url)

    @contextmanager
    def connection(self, *, limit_s: float = READ_MAX_S) -> Iterator[Connection]:
        """A connection to one snapshot of the ledger, on which no statement takes longer than `limit_s`.

        NoLedger where there is no ledger, it cannot be read, or all connections are in use; SchemaMismatch for a ledger
        of another revision; ReadTooSlow where a read takes too long. Each says in a sentence what to do.
        """
        refuse_absent(self._url)
        engine = self._engine()
        try:
            with (
                refuse_database_errors(self._url, "read"),
                engine.connect() as connection,
                limit_reads(connection, limit_s, self._clock),
            ):
                self._refuse_other_database(connection)
                yield connection
        except TimeoutError:
            raise NoLedger(
                f"the ledger {self.address} has {self._connections} reads under way, and none ended within "
                f"{self._wait_s:g} s: try again in a minute"
            ) from None

    def close(self) -> None:
        """Closes the connections that are kept; a later read opens new ones."""
        with self._lock:
            if self._opened is not None:
                self._opened.dispose()
            self._opened = None

    def _engine(self) -> Engine:
        with self._lock:
            if self._opened is None:
                self._opened = read_only_engine(self._url, self._connections, self._wait_s)
            return self._opened

    def _refuse_other_database(self, connection: Connection) -> None:
        """One query where all is well; what is wrong is found out only where something is."""
        try:
            if connection.execute(select(VERSION.c.version_num)).scalar() == head():
                return
        except DBAPIError:  # perhaps there is no such table
            connection.rollback()
        refuse_other_database(connection, self._url)
