"""How many connections a process has to the ledger: as the runbook counts them for `max_connections`."""

from __future__ import annotations

import time
from contextlib import ExitStack

from sqlalchemy import create_engine, text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from edye_delivery.ledger.database import SERVER_OPTIONS, open_engine
from tests.unit.ledger.frozen import empty_ledger

MINE = text("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'counted'")


def test_on_postgresql_ten_connections_are_open_at_most_and_four_are_kept(postgresql_url, monkeypatch):
    empty_ledger(postgresql_url)
    monkeypatch.setitem(SERVER_OPTIONS, "pool_timeout", 0.1)
    engine = open_engine(f"{postgresql_url}&application_name=counted")
    onlooker = create_engine(postgresql_url, isolation_level="AUTOCOMMIT")
    with onlooker.connect() as looking:
        with ExitStack() as stack:
            refused = False
            for _ in range(11):
                try:
                    stack.enter_context(engine.connect())
                except PoolTimeout:
                    refused = True
            assert (looking.execute(MINE).scalar(), refused) == (10, True)
        kept = [looking.execute(MINE).scalar()]
        while kept[-1] != 4 and len(kept) < 100:  # the server notices an ended connection a little later
            time.sleep(0.05)
            kept.append(looking.execute(MINE).scalar())
        assert kept[-1] == 4
    engine.dispose()
    onlooker.dispose()


def test_a_connection_that_the_server_has_ended_is_replaced(postgresql_url):
    empty_ledger(postgresql_url)
    engine, other = open_engine(postgresql_url), create_engine(postgresql_url)
    with engine.connect() as connection:
        number = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with other.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:number)"), {"number": number})
    with engine.connect() as connection:
        assert connection.execute(text("SELECT 1")).scalar() == 1
    engine.dispose()
    other.dispose()
