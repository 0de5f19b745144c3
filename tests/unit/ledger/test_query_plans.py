"""No query of a run, of shipping or of `status` reads a whole large table, or a partner's whole part of one."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import event, make_url, select

from benchmarks.desk_data import NOW, PARTNERS, LedgerSize, make_ledger
from benchmarks.ledger_calls import DAY, PARTNER, RUN, RUN_STEPS, STATUS, ship
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.api_call_outbox import ApiCallOutbox
from edye_delivery.ledger.circuit_breaker import CircuitBreaker
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.read_only import read_only_engine
from edye_delivery.ledger.revisions import OFFERED
from edye_delivery.ledger.similar_titles import names_like
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.tables import REVISIONS
from edye_delivery.ledger.trail import Call, Trail
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

NAMES = "deliveries|events|revisions|title_status|title_words|api_calls"
"""The tables that grow with titles, events and calls."""
OF_FEW_ROWS = (
    *("title_status_open", "deliveries_open", "events_to_ship", "events_set_aside", "api_calls_to_ship"),
    *("deliveries_by_state", "revisions_by_end_at", "revisions_by_withdrawn_at"),
)
"""Indexes of what is open: a whole part of one may be read."""


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def url(request, tmp_path_factory):
    """A ledger in which nearly all titles ended well, and all events are shipped."""
    from tests.unit.ledger.frozen import empty_ledger

    if request.param == "sqlite":
        address = f"sqlite:///{tmp_path_factory.mktemp('plans')}/ledger.sqlite"
    else:
        address = request.getfixturevalue("postgresql_url")
        empty_ledger(address)
    make_ledger(address, LedgerSize(4000, 16_000))
    return address


@pytest.fixture
def engine(url):
    """The ledger, to be written."""
    opened = open_engine(url)
    yield opened
    opened.dispose()


@pytest.fixture
def reader(url):
    """A connection of `status`."""
    opened = read_only_engine(make_url(url))
    with opened.connect() as connection:
        yield connection
    opened.dispose()


def whole_reads(engine, action):
    """Of the statements of the action those that read a large table, or a partner's part of one, from end to end."""
    asked = {}

    def note(connection, cursor, statement, values, context, is_many):
        if statement.split()[0] in ("SELECT", "UPDATE", "DELETE", "WITH"):
            asked.setdefault(statement, values[0] if is_many else values)

    event.listen(engine, "before_cursor_execute", note)
    action()
    event.remove(engine, "before_cursor_execute", note)
    assert asked, "the action asks the ledger nothing"
    with engine.connect() as connection:
        return [found for one in asked.items() if (found := whole_read(connection, *one))]


def whole_read(connection, statement, values):
    """The statement with its plan, where it reads a table or a partner's part of one; empty where it does not.

    A page in the order of an index is no such read: a limit ends it.
    """
    is_sqlite = connection.engine.dialect.name == "sqlite"
    if not is_sqlite:  # so few rows are rightly read from end to end; asked is whether an index has the answer
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    words = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
    plan = [str(row[-1]) for row in connection.exec_driver_sql(f"{words} {statement}", values)]
    bad = list(sqlite_scans(plan) if is_sqlite else postgresql_scans(plan))
    is_page = "LIMIT" in statement and all(one.startswith("in order:") for one in bad)
    return "\n".join([statement, *plan, *bad]) if bad and not is_page else ""


def sqlite_scans(plan):
    for line in plan:
        of_few = any(f"INDEX {index}" in line for index in OF_FEW_ROWS)
        if not of_few and re.search(rf"\b(SCAN|SEARCH) ({NAMES})\b", line):
            if line.startswith("SCAN"):
                yield f"whole: {line}"
            elif line.rstrip().endswith(("(partner=?)", "(partner=? AND state=?)")) and "COVERING" not in line:
                yield f"in order: {line}"


def postgresql_scans(plan):
    for line, following in zip(plan, [*plan[1:], ""], strict=True):
        scan = re.search(rf"(Seq Scan on|Scan (?:Backward )?(?:using|on)) ((?:{NAMES})\w*)", line)
        if scan is None or scan[2] in OF_FEW_ROWS or "Bitmap Heap" in line:
            continue
        columns = set(re.findall(r"\((\w+)\)?(?:::text)? [=<>~]", following)) if "Index Cond" in following else set()
        if scan[1].startswith("Seq"):
            yield f"whole: {line}"
        elif columns <= {"partner", "state"} and "Only" not in line:
            yield f"in order: {line} {following}"


@pytest.mark.parametrize("question", STATUS)
def test_status_reads_the_titles_that_it_shows(reader, question):
    """Counting titles that ended well reads an index from end to end, once for each partner and state."""
    assert whole_reads(reader.engine, lambda: STATUS[question](StatusReader(reader, NOW))) == []


def test_a_misspelt_id_is_compared_with_the_names_that_begin_alike(reader, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.similar_titles.NAMES_READ_MAX", 100)
    asked = []
    names = lambda: asked.extend(names_like(reader, tuple(PARTNERS), ["EDYE_000050_S02E0X_ES", "none"], NOW))  # noqa: E731
    assert whole_reads(reader.engine, names) == []
    assert any(name.startswith("EDYE_000050_S02E0") for name in asked)
    assert len(asked) < 500


def test_shipping_reads_what_is_still_to_be_shipped(engine):
    trail, outbox = Trail(engine, Clock()), ApiCallOutbox(engine, Clock())
    assert whole_reads(engine, lambda: ship(trail, outbox)) == []


@pytest.mark.parametrize("steps", RUN_STEPS, ids=lambda steps: steps.__name__)
def test_a_run_reads_its_own_titles(engine, steps):
    title = a_movie(id=f"mv-{steps.__name__}", title_id=f"EDYE_MOV_{steps.__name__.upper()}")
    key = steps.__name__.ljust(64, "0")
    plan = a_plan(title).model_copy(update={"delivery_key": key, "content_key": key})
    client = Client(PARTNER, "benchmark", 3, 10)
    assert whole_reads(engine, lambda: steps(Ledger(engine, Clock(), client), plan)) == []


def test_alerts_circuits_and_withdrawals_read_their_own_titles(engine):
    client, withdrawals = Client(PARTNER, "benchmark", 3, 10), Withdrawals(engine, Clock(), PARTNER)
    with engine.connect() as connection:
        accepted = select(REVISIONS.c.external_id).where(REVISIONS.c.partner == PARTNER, OFFERED)
        name = connection.execute(accepted.limit(1)).scalar_one()

    def ask():
        (one,) = withdrawals.of_titles([name], RUN, "rights")
        list(Alerts(engine, Clock()).claim())
        Alerts(engine, Clock()).untold_count()
        CircuitBreaker(engine, Clock(), client, NOW).allow("a" * 64)
        withdrawals.of_window(DAY, RUN, "rights")
        withdrawals.begin(one.delivery_key, RUN, "rights", None)
        withdrawals.mark_told(one.delivery_key, "id", Call())
        withdrawals.revisions([name])

    assert whole_reads(engine, ask) == []
