"""The ledger as the desk reads it: one read-only transaction for each page, by the connection `delivery_ledger`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from sqlalchemy import URL, Connection

from edye_delivery.hooks.ledger import ledger_url
from edye_delivery.ledger.read_only import NoLedger
from edye_delivery.ledger.reader import LedgerReader

NO_CONNECTION = "Airflow has no connection delivery_ledger; add it, see docs/guides/connect-real-systems.md"


@contextmanager
def ledger_connection() -> Iterator[Connection]:
    """A connection to one snapshot of the ledger.

    NoLedger, SchemaMismatch or ReadTooSlow where it cannot be read; each has a sentence that says what to do.
    """
    url = ledger_url()
    if url is None:
        raise NoLedger(NO_CONNECTION)
    with _reader_of(url).connection() as connection:
        yield connection


@lru_cache(maxsize=2)
def _reader_of(url: URL) -> LedgerReader:
    """One reader for each address: a changed connection gets a new one."""
    return LedgerReader(url)
