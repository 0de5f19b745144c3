"""A step of one title looks at that title's rows alone, however many others the partner has."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN

STEPS = {
    "plan": lambda ledger: ledger.plan(PARTNER, RUN, [PLAN]),
    "send": lambda ledger: ledger.begin_send(KEY, RUN),
    "receive": lambda ledger: ledger.mark_received(KEY, "t-1", 1, 1.0),
    "observe": lambda ledger: ledger.observe(KEY, DeliveryState.COMPLETED),
    "accept": lambda ledger: ledger.accept(PARTNER, PLAN, []),
    "plan again": lambda ledger: ledger.plan(PARTNER, "run-2", [PLAN]),
    "refresh": lambda ledger: ledger.refresh(PARTNER, PLAN),
    "withdraw": lambda ledger: ledger.withdraw(PARTNER, KEY, RUN, "invisible"),
    "offered": lambda ledger: ledger.offered_deliveries(PARTNER, [PLAN.title.id], RUN),
    "memories": lambda ledger: ledger.memories(PARTNER, [PLAN.external_id]),
}


@pytest.fixture
def engine(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield engine
    engine.dispose()


def test_no_step_of_a_title_reads_the_other_titles_of_its_partner(engine):
    """By SQLite's own plan of every statement: it chooses between indexes without knowing how many rows each gives."""
    ran = []

    @event.listens_for(engine, "before_cursor_execute")
    def keep(connection, cursor, statement, parameters, context, executemany):
        ran.append((statement, parameters[0] if executemany else parameters))

    ledger, wide = Ledger(engine, Clock()), {}
    for name, step in STEPS.items():
        ran.clear()
        step(ledger)
        statements = [one for one in ran if one[0].startswith(("SELECT", "UPDATE", "INSERT", "DELETE"))]
        assert statements
        with engine.connect() as connection:
            for statement, parameters in statements:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
                found = [row[3] for row in rows if row[3].startswith("SCAN") or "_by_state" in row[3]]
                if found:
                    wide[name] = (statement, found)
    assert wide == {}
