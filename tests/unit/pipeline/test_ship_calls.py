"""Shipping the calls of the delivery API: each at least once under one id, and apart from the events of deliveries."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.event import documents_of
from edye_delivery.clients.elastic import Arrival
from edye_delivery.errors import Transient
from edye_delivery.ledger.api_call_outbox import ApiCallOutbox
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.api_calls import CallReader
from edye_delivery.ledger.database import snapshot
from edye_delivery.pipeline import ship_events
from edye_delivery.pipeline.ship_events import Shipper
from tests.unit.delivery_api.call_lines import a_line
from tests.unit.pipeline.test_ship_events import Sink

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
LINES = [a_line(number) for number in range(5)]


@pytest.fixture
def outbox(engine):
    ApiCallWriter(engine, lambda: NOW).write([LINES[3], LINES[0], LINES[4], LINES[2], LINES[1]])
    return ApiCallOutbox(engine, lambda: NOW)


def ship(outbox, sink, pauses, **more):
    return Shipper(outbox, sink, pauses.clock, name="call", **more).ship()


def test_calls_go_oldest_first_each_once(outbox, pauses, monkeypatch):
    monkeypatch.setattr(ship_events, "EVENTS_AT_ONCE", 2)
    sink = Sink()
    assert ship(outbox, sink, pauses) == {"shipped": 5, "set aside": 0}
    assert sink.calls == [[line.id for line in part] for part in (LINES[:2], LINES[2:4], LINES[4:])]
    assert outbox.unshipped_counts() == (0, 0)
    assert ship(outbox, sink, pauses).total() == 0


def test_a_line_that_comes_late_from_a_spool_is_shipped_too(outbox, engine, pauses):
    ship(outbox, Sink(), pauses)
    late = a_line(9, at=datetime(2026, 3, 1, tzinfo=UTC))
    ApiCallWriter(engine, lambda: NOW).write([late, *LINES])
    sink = Sink()
    assert ship(outbox, sink, pauses)["shipped"] == 1
    assert sink.calls == [[late.id]]


def test_a_call_that_is_refused_for_good_holds_up_nothing_and_stays_in_the_ledger(outbox, engine, pauses, caplog):
    sink = Sink(lambda ids: Arrival(ids[1:], {ids[0]: "mapper_parsing_exception"}))
    assert ship(outbox, sink, pauses) == {"shipped": 4, "set aside": 1}
    assert f"call {LINES[0].id} is set aside, it was refused for good: mapper_parsing_exception" in caplog.text
    assert outbox.unshipped_counts() == (0, 0)
    with snapshot(engine) as connection:
        assert CallReader(connection).count() == 5


def test_calls_wait_while_the_sink_takes_none(outbox, pauses):
    with pytest.raises(Transient, match=r"5 calls wait in the ledger.*503"):
        ship(outbox, Sink(*[Transient("503")] * 9), pauses)
    assert outbox.unshipped_counts() == (5, 0)


def test_a_shipment_ends_after_so_many_calls_and_the_next_one_continues(outbox, pauses, monkeypatch):
    monkeypatch.setattr(ship_events, "EVENTS_AT_ONCE", 2)
    assert ship(outbox, Sink(), pauses, most=3)["shipped"] == 4
    assert ship(outbox, Sink(), pauses, most=3)["shipped"] == 1


def test_the_events_of_deliveries_and_the_calls_do_not_see_each_other(outbox, trail, pauses, ledger):
    assert Shipper(trail, Sink(), pauses.clock).ship().total() == 0
    assert outbox.unshipped_counts() == (5, 0)


def test_a_call_has_the_same_document_each_time_and_no_other_call_has_it():
    documents, refused = documents_of([LINES[0], LINES[1]])
    assert refused == {}
    assert documents[LINES[0].id] == documents_of([LINES[0]])[0][LINES[0].id]
    assert LINES[0].document_id != LINES[1].document_id
