"""Reads of a long-lived server: they cannot write, they end in time, and they work again once the database is back."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError

from edye_delivery.ledger.database import open_engine, open_unchecked_engine
from edye_delivery.ledger.read_only import NoLedger, open_read_only
from edye_delivery.ledger.reader import LedgerReader
from edye_delivery.ledger.schema import SchemaMismatch
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.time_limit import ReadTooSlow, limit_reads
from tests.history import actions
from tests.unit.ledger.test_ledger import PARTNER, PLAN, accept

ENDLESS = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT 1 FROM n) SELECT count(*) FROM n")
SHORT_S = 0.05


@pytest.fixture
def reader(ledger_url):
    opened = LedgerReader(ledger_url, connections=1, wait_s=SHORT_S)
    yield opened
    opened.close()


def partners(reader):
    with reader.connection() as connection:
        return StatusReader(connection).partners()


def file_of(reader):
    return Path(reader.address)


def test_each_read_sees_what_was_written_before_it(reader, ledger):
    assert partners(reader) == []
    accept(ledger)
    assert partners(reader) == [PARTNER]


def test_one_read_sees_one_state_of_the_ledger(reader, ledger):
    with reader.connection() as connection:
        status = StatusReader(connection)
        before = status.partners()
        accept(ledger)
        assert status.partners() == before == []


def test_the_database_itself_refuses_a_write(reader, ledger):
    accept(ledger)
    with pytest.raises(NoLedger, match=r"cannot be read: .*(read-only|readonly)"), reader.connection() as connection:
        connection.execute(text("DELETE FROM events"))
    assert actions(ledger, PARTNER, PLAN.external_id)


def test_a_read_that_takes_too_long_is_ended_with_a_sentence_that_says_what_to_do(reader):
    said = "took longer than 0.05 s and was stopped: ask for less"
    with pytest.raises(ReadTooSlow, match=said), reader.connection(limit_s=SHORT_S) as connection:
        connection.execute(ENDLESS)
    assert partners(reader) == []


def test_the_limit_is_for_each_statement_and_ends_with_its_context(ledger_url):
    with open_read_only(make_url(ledger_url)) as connection:
        with limit_reads(connection, SHORT_S, time.monotonic):
            for _ in range(3):
                time.sleep(SHORT_S)
                connection.execute(text("SELECT 1"))
        finite = (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600000) SELECT count(*) FROM n"
        )
        assert connection.execute(text(finite)).scalar() == 600_000


def test_a_limit_that_is_none_is_a_mistake_of_the_program(reader):
    with pytest.raises(ValueError, match="a limit is above 0 s"), reader.connection(limit_s=0):
        pass


def test_another_error_of_the_database_is_not_taken_for_a_limit(reader):
    with pytest.raises(NoLedger, match=r"cannot be read: .*nowhere"), reader.connection() as connection:
        connection.execute(text("SELECT 1 FROM nowhere"))


def test_the_error_of_a_slow_read_crosses_processes():
    assert str(copy(ReadTooSlow(2.5))) == str(ReadTooSlow(2.5))


def test_a_ledger_of_another_revision_is_refused_and_read_again_after_its_migration(reader, engine):
    revision = partners(reader)
    with engine.begin() as connection:
        right = connection.execute(text("SELECT version_num FROM ledger_version")).scalar()
        connection.execute(text("UPDATE ledger_version SET version_num = '0001'"))
    with pytest.raises(SchemaMismatch, match="ledger migrate"):
        partners(reader)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ledger_version SET version_num = :right"), {"right": right})
    assert partners(reader) == revision


def test_a_database_without_a_ledger_is_said(reader, engine):
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE ledger_version RENAME TO away"))
        connection.execute(text("ALTER TABLE revisions RENAME TO away_too"))
    try:
        with pytest.raises(NoLedger, match="is no ledger: it lacks the tables revisions"):
            partners(reader)
    finally:
        with engine.begin() as connection:
            connection.execute(text("ALTER TABLE away RENAME TO ledger_version"))
            connection.execute(text("ALTER TABLE away_too RENAME TO revisions"))
    assert partners(reader) == []


def test_rows_may_be_read_in_one_thread_after_another(reader, ledger):
    accept(ledger)
    with ThreadPoolExecutor(1) as other, reader.connection() as connection:
        assert other.submit(StatusReader(connection).partners).result() == [PARTNER]


def end_server_process(connection, engine):
    """Ends the process of the server that serves this connection, as a restart would."""
    pid = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})


def read_after_the_end(connection, engine):
    end_server_process(connection, engine)
    connection.execute(text("SELECT 1"))


def test_a_kept_connection_that_the_server_has_closed_is_replaced(postgresql_url):
    open_engine(postgresql_url).dispose()
    reader, engine = LedgerReader(postgresql_url), open_unchecked_engine(postgresql_url)
    with pytest.raises(NoLedger, match="cannot be read"), reader.connection() as connection:
        read_after_the_end(connection, engine)
    assert isinstance(partners(reader), list)
    with reader.connection() as connection:
        kept = connection.execute(text("SELECT pg_backend_pid()")).scalar()
    with engine.begin() as other:
        other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": kept})
    assert isinstance(partners(reader), list)
    reader.close()
    engine.dispose()


def test_a_reader_for_whom_no_connection_is_free_is_told_so(postgresql_url):
    open_engine(postgresql_url).dispose()
    reader = LedgerReader(postgresql_url, connections=1, wait_s=SHORT_S)
    said = "has 1 reads under way, and none ended within 0.05 s: try again"
    with reader.connection(), pytest.raises(NoLedger, match=said):
        partners(reader)
    assert isinstance(partners(reader), list)
    reader.close()


def test_a_file_that_goes_and_comes_back_is_read_again(tmp_path, ledger_file):
    reader = LedgerReader(f"sqlite:///{tmp_path}/ledger.sqlite")
    with pytest.raises(NoLedger, match=r"there is no ledger at .*: no such file"):
        partners(reader)
    assert list(tmp_path.iterdir()) == []
    file_of(reader).write_bytes(ledger_file.read_bytes())
    assert partners(reader) == []


def test_a_file_that_is_replaced_is_not_read_on(tmp_path, ledger_file):
    reader = LedgerReader(f"sqlite:///{tmp_path}/ledger.sqlite")
    file_of(reader).write_bytes(ledger_file.read_bytes())
    assert partners(reader) == []
    file_of(reader).unlink()
    file_of(reader).write_text("not a database, but longer than a header of one " * 20)
    with pytest.raises(NoLedger, match="file is not a database"):
        partners(reader)


@pytest.mark.parametrize("address", ["geheim", "mysql://u:geheim@h/x", "postgresql+nodriver://u:geheim@h/x"])
def test_an_address_of_no_ledger_is_refused_without_its_password(address):
    with pytest.raises(NoLedger) as caught:
        partners(LedgerReader(address))
    assert "geheim" not in str(caught.value)


def test_a_server_that_is_not_there_is_said_at_each_read():
    reader = LedgerReader("postgresql+psycopg2://u:geheim@127.0.0.1:1/edye")
    for _ in range(2):
        with pytest.raises(NoLedger, match=r"postgresql://127\.0\.0\.1:1/edye cannot be read") as caught:
            partners(reader)
        assert "geheim" not in str(caught.value)
        assert not isinstance(caught.value, DBAPIError)
