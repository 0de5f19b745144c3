"""The ledger as the desk reads it: one read-only transaction for each page, by the connection `delivery_ledger`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from edye_delivery.hooks.ledger import ledger_url
from edye_delivery.ledger.read_only import NoLedger, open_read_only

NO_CONNECTION = "Airflow has no connection delivery_ledger; add it, see docs/guides/connect-real-systems.md"


@contextmanager
def ledger_connection() -> Iterator[Connection]:
    """A connection to one snapshot of the ledger; NoLedger or SchemaMismatch where it cannot be read."""
    url = ledger_url()
    if url is None:
        raise NoLedger(NO_CONNECTION)
    with open_read_only(url) as connection:
        yield connection
