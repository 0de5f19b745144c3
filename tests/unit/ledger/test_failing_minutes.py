"""Minutes without an answer are those that reading every line finds, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.window import Window
from edye_delivery.ledger import failing_minutes
from edye_delivery.ledger.consumption import down_minutes
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.failing_minutes import minutes_without_answer
from tests.unit.pull_calls import NOON, PARTNER, a_call, add_calls, calls_every, random_calls

WINDOW = Window(NOON, NOON + timedelta(hours=3))
TIMEOUT_S = 10.0


def find(engine):
    with snapshot(engine) as connection:
        return minutes_without_answer(connection, PARTNER, WINDOW, TIMEOUT_S)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_they_are_the_down_minutes_that_have_a_5xx(engine, seed):
    rows = [*random_calls(seed, 150, hours=2), *calls_every(7, NOON + timedelta(hours=2), 30, status=503)]
    add_calls(engine, [*rows, a_call(NOON + timedelta(minutes=170), partner="another", status=500)])
    with snapshot(engine) as connection:
        every = list(down_minutes(connection, PARTNER, WINDOW, TIMEOUT_S))
    with_5xx = {row["at"].replace(second=0, microsecond=0) for row in rows if row["status"] >= 500}
    assert find(engine) == [at for at in every if at in with_5xx]
    assert len(find(engine)) > 3


@pytest.mark.parametrize("second", [0, 59.999])
def test_one_answer_at_the_edge_of_a_minute_is_enough(engine, second):
    failed = a_call(NOON + timedelta(seconds=30), status=500)
    add_calls(engine, [failed])
    assert find(engine) == [NOON]
    add_calls(engine, [a_call(NOON + timedelta(seconds=60))])
    assert find(engine) == [NOON]
    add_calls(engine, [a_call(NOON + timedelta(seconds=second))])
    assert find(engine) == []


def test_nobody_knows_where_calls_failed_in_too_many_minutes(engine, monkeypatch):
    monkeypatch.setattr(failing_minutes, "MINUTES_MAX", 2)
    add_calls(engine, calls_every(60, NOON, 2, status=500))
    assert find(engine) == [NOON, NOON + timedelta(minutes=1)]
    add_calls(engine, calls_every(60, NOON + timedelta(minutes=9), 1, status=500))
    assert find(engine) is None
