"""Migrations of the ledger: nothing is lost up or down, nothing is half done, what does not fit is refused."""

from __future__ import annotations

import multiprocessing
from contextlib import ExitStack

import psycopg2.extras
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, event, select, text

from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger import migrate as migrating
from edye_delivery.ledger.database import open_engine, open_unchecked_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.migrate import Migration, migrate
from edye_delivery.ledger.schema import MIGRATIONS, SchemaMismatch, head, revision_of, revisions
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, METADATA, VERSION
from edye_delivery.ledger.trail import Trail
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.frozen import BYTES, a_ledger_of_0001, contents, drop_everything, shape

PROCESSES = 3


@pytest.fixture
def bare_url(ledger_url):
    """The address of a database without any ledger."""
    drop_everything(ledger_url)
    return ledger_url


@pytest.fixture
def old(ledger_url):
    """A ledger from before there were migrations, with something in every table."""
    engine = a_ledger_of_0001(ledger_url)
    yield engine
    engine.dispose()


def known_of(rows, columns):
    """The rows, with nothing but what an earlier revision knew."""
    return {
        table: sorted(({name: row[name] for name in columns[table]} for row in rows[table]), key=repr)
        for table in columns
    }


def with_streaks(rows):
    """The rows with one table for errors in a row and circuits, as it was before revision 0009."""
    if "streaks" in rows:
        return rows
    circuits = {(row["partner"], row["client_id"]): row for row in rows["circuit_breakers"]}
    both = [row | circuits[row["partner"], row["client_id"]] for row in rows["consecutive_errors"]]
    return rows | {"streaks": both}


def columns_of(rows):
    assert all(rows.values()), "a table of the frozen ledger is empty, so that nothing is proven of it"
    return {table: list(found[0]) for table, found in rows.items()}


def test_the_files_are_one_chain_and_their_numbers_are_their_revisions():
    scripts = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert [script.revision for script in reversed(scripts)] == list(revisions())
    assert [script.down_revision for script in reversed(scripts)] == [None, *revisions()[:-1]]
    assert list(revisions()) == [f"{number:04}" for number in range(1, len(scripts) + 1)]
    assert all(script.doc.endswith(".") for script in scripts), "the first line is told to whoever migrates"


def test_a_new_ledger_and_a_migrated_one_have_the_same_tables(bare_url):
    engine = open_engine(bare_url)
    made = shape(engine)
    engine.dispose()
    engine = a_ledger_of_0001(bare_url, rows=False)
    migrate(engine)
    assert shape(engine) == made
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION.name, "compare_type": True})
        assert compare_metadata(context, METADATA) == []
    engine.dispose()


def test_a_ledger_from_before_the_migrations_is_taken_over_with_all_that_is_in_it(ledger_url, old):
    before = contents(old)
    assert migrate(old) == Migration(None, head())
    assert known_of(with_streaks(contents(old)), columns_of(before)) == before
    ledger = Ledger(open_engine(ledger_url), Clock())
    assert [title.external_id for title in ledger.accepted_titles("partner_one")] == ["EDYE_MOV_000123_EN"]


@pytest.mark.parametrize("revision", revisions())
def test_from_every_revision_the_way_up_and_down_keeps_what_is_there(old, revision):
    before = contents(old)
    migrate(old, revision)
    there, tables = contents(old), shape(old)
    assert known_of(with_streaks(there), columns_of(before)) == before
    assert migrate(old) == Migration(revision, head())
    assert migrate(old, revision) == Migration(head(), revision)
    assert (contents(old), shape(old)) == (there, tables)
    assert migrate(old) == Migration(revision, head())
    assert known_of(with_streaks(contents(old)), columns_of(before)) == before


def test_a_migration_to_where_the_ledger_is_does_nothing(old):
    migrate(old)
    there, told = contents(old), []
    assert migrate(old, tell=told.append) == Migration(head(), head())
    assert (contents(old), told) == (there, [])


def test_every_step_is_told(old):
    told = []
    migrate(old, tell=told.append)
    assert [sentence.partition(":")[0] for sentence in told] == [f"up to {number}" for number in revisions()]
    told.clear()
    migrate(old, "0001", told.append)
    assert [sentence.partition(":")[0] for sentence in told] == [
        f"down from {one}" for one in reversed(revisions()[1:])
    ]


def test_an_interrupted_migration_leaves_the_ledger_as_it_was(old):
    before = contents(old), shape(old)

    def interrupt(sentence):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        migrate(old, tell=interrupt)
    assert (contents(old), shape(old)) == before
    assert migrate(old) == Migration(None, head())


def test_a_ledger_from_before_the_migrations_is_refused_and_not_touched(ledger_url, old):
    before = contents(old), shape(old)
    with pytest.raises(
        SchemaMismatch, match=rf"before revision 0001.*needs revision {head()}.*backup.*ledger migrate`"
    ):
        open_engine(ledger_url)
    assert (contents(old), shape(old)) == before


def test_a_ledger_of_an_earlier_revision_is_refused_by_both_numbers(ledger_url, monkeypatch):
    engine = open_engine(ledger_url)
    there = head()
    monkeypatch.setattr("edye_delivery.ledger.schema.revisions", lambda: (*revisions(), "8888"))
    with pytest.raises(SchemaMismatch, match=rf"at revision {there}, .* needs revision 8888.*ledger migrate`"):
        open_engine(ledger_url)
    engine.dispose()


def test_a_ledger_of_a_later_program_is_refused_by_everything_that_would_write(ledger_url):
    engine = open_engine(ledger_url)
    with engine.begin() as connection:
        connection.execute(VERSION.update().values(version_num="9999"))
    for call in (lambda: open_engine(ledger_url), lambda: migrate(engine), lambda: migrate(engine, "0001")):
        with pytest.raises(SchemaMismatch, match=rf"at revision 9999, .* up to {head()} only.*upgrade this program"):
            call()
    engine.dispose()


@pytest.mark.parametrize("revision", ["0000", "base", "head", "-1", "9999", "' OR 1"])
def test_only_a_revision_that_there_is_can_be_asked_for(old, revision):
    before = contents(old)
    with pytest.raises(InvalidRequest, match="there is no revision"):
        migrate(old, revision)
    assert contents(old) == before


def test_there_is_no_way_down_that_drops_everything(old):
    migrate(old, "0001")
    before = contents(old)
    with pytest.raises(InvalidRequest, match="no way down from revision 0001"), old.begin() as connection:
        command.downgrade(migrating._config(connection, lambda step: None), "base")
    assert contents(old) == before


def _open(url):
    open_engine(url).dispose()


def _migrate(url):
    engine = open_unchecked_engine(url)
    migrate(engine)
    engine.dispose()


def _run_at_once(function, url):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=function, args=(url,)) for _ in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(400)
    assert [worker.exitcode for worker in workers] == [0] * PROCESSES


def _versions(url):
    engine = open_engine(url)
    with engine.connect() as connection:
        found = connection.execute(select(VERSION.c.version_num)).scalars().all()
    engine.dispose()
    return found


@pytest.mark.proof
def test_many_processes_make_one_ledger(bare_url):
    _run_at_once(_open, bare_url)
    assert _versions(bare_url) == [head()]


@pytest.mark.proof
def test_many_migrations_at_once_are_done_one_after_the_other(ledger_url, old):
    before = contents(old)
    _run_at_once(_migrate, ledger_url)
    assert _versions(ledger_url) == [head()]
    assert known_of(with_streaks(contents(old)), columns_of(before)) == before


def test_a_ledger_that_fits_is_opened_by_one_question(ledger_url):
    open_engine(ledger_url).dispose()
    asked = []
    with ExitStack() as stack:
        listener = ("before_cursor_execute", lambda connection, cursor, statement, *more: asked.append(statement))
        event.listen(Engine, *listener)
        stack.callback(event.remove, Engine, *listener)
        open_engine(ledger_url).dispose()
    assert [statement.split()[0] for statement in asked if "BEGIN" not in statement] == ["SELECT"]


def test_opening_a_ledger_looks_for_no_type_that_it_does_not_have(ledger_url, monkeypatch):
    def look(*_: object) -> None:
        raise AssertionError("PostgreSQL was asked for the type hstore")

    monkeypatch.setattr(psycopg2.extras.HstoreAdapter, "get_oids", staticmethod(look))
    open_engine(ledger_url).dispose()


def test_a_ledger_of_which_half_the_tables_are_missing_gets_them(ledger_url):
    engine = a_ledger_of_0001(ledger_url, rows=False)
    with engine.begin() as connection:
        for table in ("alerts", "streaks", "publications"):
            connection.execute(text(f"DROP TABLE {table}"))
    migrate(engine)
    open_engine(ledger_url).dispose()
    engine.dispose()


def test_titles_of_a_ledger_without_places_are_placed(old):
    with old.begin() as connection:
        connection.execute(text("DROP INDEX revisions_by_place"))
        connection.execute(text("ALTER TABLE revisions DROP COLUMN place"))
    migrate(old, "0001")
    with old.connect() as connection:
        places = {bytes(row.place) for row in connection.execute(text("SELECT place FROM revisions"))}
    assert places == {BYTES["place_of_movie"], BYTES["place_of_episode"]}
    assert "revisions_by_place" in shape(old)["revisions"]["indexes"]


def test_events_from_before_there_was_a_trail_are_kept_and_shipped(ledger_url, old):
    later = {column.name for column in EVENTS.columns} - {
        "id", "at", "partner", "external_id", "delivery_key", "run_id", "action", "state", "detail",
    }  # fmt: skip
    with old.begin() as connection:
        connection.execute(text("DROP INDEX events_to_ship"))
        for name in sorted(later):
            connection.execute(text(f"ALTER TABLE events DROP COLUMN {name}"))
    migrate(old)
    trail = Trail(open_engine(ledger_url), Clock())
    events = list(trail.next_events(10))
    assert [(event.id, event.client_id, event.tracking_id) for event in events] == [
        (n, None, None) for n in range(1, 8)
    ]
    trail.mark_shipped([event.id for event in events])
    assert trail.unshipped_counts() == (0, 0)


def test_a_ledger_from_before_there_were_two_channels_says_api_of_all_that_was_sent(old):
    with old.begin() as connection:
        for column in ("channel", "whole_files"):
            connection.execute(text(f"ALTER TABLE deliveries DROP COLUMN {column}"))
    migrate(old)
    with old.connect() as connection:
        rows = connection.execute(select(DELIVERIES.c.delivery_key, DELIVERIES.c.channel)).all()
    assert dict(tuple(row) for row in rows) == {
        "k-accepted": "api", "k-refused": "api", "k-withdrawn": "api", "k-received": "api", "k-rejected": None,
    }  # fmt: skip


def test_columns_that_came_later_are_made_where_they_are_missing(old):
    before = shape(old)
    missing = {
        "revisions": ("withdrawal_reason", "withdrawal_told_at", "end_at"),
        "deliveries": ("request_id", "encode_name", "refused_cause"),
        "streaks": ("technical_errors", "opened_at", "opened_cause", "trial_key", "trial_at"),
    }
    with old.begin() as connection:
        for table, names in missing.items():
            for name in names:
                connection.execute(text(f"ALTER TABLE {table} DROP COLUMN {name}"))
    migrate(old, "0001")
    assert {name: shape(old)[name] for name in before} == before


def test_whoever_withdrew_a_title_is_known_after_the_way_up_and_again_after_the_way_down(old):
    migrate(old, "0002")
    with old.begin() as connection:
        by_run = connection.execute(text("SELECT external_id, withdrawn_by_run FROM revisions ORDER BY 1")).all()
        connection.execute(text("UPDATE deliveries SET run_id = 'run-1' WHERE delivery_key = 'k-withdrawn'"))
    assert [tuple(row) for row in by_run] == [("EDYE_MOV_000123_EN", None), ("EDYE_PLANETA_S01E03_ES", "withdraw-1")]
    migrate(old, "0001")
    with old.connect() as connection:
        query = text("SELECT run_id FROM deliveries WHERE delivery_key = 'k-withdrawn'")
        assert connection.execute(query).scalar() == "withdraw-1"


def test_the_ledger_s_revision_stands_beside_airflow_s_own(bare_url):
    engine = open_unchecked_engine(bare_url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('airflows')"))
    open_engine(bare_url).dispose()
    with engine.begin() as connection:
        assert revision_of(connection) == head()
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "airflows"
        connection.execute(text("DROP TABLE alembic_version"))
    engine.dispose()


def test_events_of_steps_have_the_steps_names_of_their_revision(old):
    def actions() -> set[str]:
        with old.connect() as connection:
            return set(connection.execute(text("SELECT action FROM events")).scalars())

    migrate(old, "0007")
    with old.begin() as connection:
        connection.execute(text("UPDATE events SET action = 'judge' WHERE action = 'plan'"))
        connection.execute(text("UPDATE events SET action = 'illustrate' WHERE action = 'receive'"))
    before = actions()
    migrate(old, "0008")
    assert actions() == before - {"judge", "illustrate"} | {"check", "render"}
    migrate(old, "0007")
    assert actions() == before


def test_errors_in_a_row_and_circuit_are_two_tables_with_their_new_names_and_one_again(old):
    migrate(old, "0008")
    with old.begin() as connection:
        connection.execute(text("UPDATE events SET action = 'streak began' WHERE action = 'plan'"))
        connection.execute(text("UPDATE alerts SET kind = 'streak ended'"))
    before = contents(old)
    migrate(old, "0009")
    after = contents(old)
    assert "streaks" not in after
    assert "errors began" in {row["action"] for row in after["events"]}
    assert {row["kind"] for row in after["alerts"]} == {"errors ended"}
    assert len(after["consecutive_errors"]) == len(after["circuit_breakers"]) == len(before["streaks"])
    with old.begin() as connection:
        connection.execute(text("DELETE FROM circuit_breakers"))
    migrate(old, "0008")
    assert {row["technical_errors"] for row in contents(old)["streaks"]} == {0}
