"""Shipping the trail: the oldest events first, each once; what is refused for good is set aside."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.clients.elastic import Arrival
from edye_delivery.errors import AuthRefused, Transient
from edye_delivery.pipeline import ship_events
from edye_delivery.pipeline.check_events import record_checks
from edye_delivery.pipeline.ship_events import RETRY_POLICY, Shipper
from tests.unit.pipeline.builders import (
    ANNEX,
    BAD_GENRE,
    NOT_MEASURED,
    PARTNER,
    RUN,
    a_request,
    bring,
    checked_for,
    plan_for,
)

PLAN = plan_for()


class Sink:
    """Takes events; `answers` say of each call what becomes of the events, all arrive when there is none left."""

    def __init__(self, *answers, prepares=()):
        self.answers, self.prepares, self.calls, self.prepared = list(answers), list(prepares), [], 0

    def prepare(self):
        self.prepared += 1
        if self.prepares:
            raise self.prepares.pop(0)

    def put(self, events):
        ids = [event.id for event in events]
        self.calls.append(ids)
        answer = self.answers.pop(0) if self.answers else lambda ids: Arrival(ids)
        if isinstance(answer, Exception):
            raise answer
        return answer(ids)


@pytest.fixture
def filled(ledger, trail):
    """A trail of five events."""
    bring(ledger, PLAN, DeliveryState.ACCEPTED)
    assert trail.unshipped_counts() == (5, 0)
    return trail


def ship(trail, sink, pauses):
    return Shipper(trail, sink, pauses.clock).ship()


def test_an_empty_trail_ships_nothing(trail, pauses, ledger):
    sink = Sink()
    assert ship(trail, sink, pauses).total() == 0
    assert sink.calls == []


@pytest.mark.parametrize(("at_once", "calls"), [(5, [5]), (4, [4, 1]), (2, [2, 2, 1])])
def test_events_go_oldest_first_so_many_at_once_and_each_once(filled, pauses, monkeypatch, at_once, calls):
    monkeypatch.setattr(ship_events, "EVENTS_AT_ONCE", at_once)
    sink = Sink()
    assert ship(filled, sink, pauses) == {"shipped": 5, "set aside": 0}
    assert [len(ids) for ids in sink.calls] == calls
    shipped = [number for ids in sink.calls for number in ids]
    assert shipped == sorted(set(shipped))
    assert filled.unshipped_counts() == (0, 0)
    assert ship(filled, sink, pauses).total() == 0


def test_what_is_refused_for_good_is_set_aside_and_not_shipped_again(filled, pauses, caplog):
    sink = Sink(lambda ids: Arrival(ids[1:], {ids[0]: "mapper_parsing_exception"}))
    assert ship(filled, sink, pauses) == {"shipped": 4, "set aside": 1}
    assert filled.unshipped_counts() == (0, 1)
    assert "mapper_parsing_exception" in caplog.text
    assert pauses.noted == []


def test_what_is_put_off_is_sent_again_after_a_pause_and_nothing_else(filled, pauses):
    sink = Sink(lambda ids: Arrival(ids[:3], {}, dict.fromkeys(ids[3:], "busy")))
    assert ship(filled, sink, pauses) == {"shipped": 5, "set aside": 0}
    assert sink.calls[1] == sink.calls[0][3:]
    assert len(pauses.noted) == 1


def test_a_shipment_that_broke_off_is_repeated_and_the_target_prepared_once(filled, pauses):
    sink = Sink(Transient("503"), Transient("503"))
    assert ship(filled, sink, pauses)["shipped"] == 5
    assert (len(sink.calls), sink.prepared, len(pauses.noted)) == (3, 1, 2)


def test_a_target_that_cannot_be_prepared_is_tried_again(filled, pauses):
    sink = Sink(prepares=[Transient("503")])
    assert ship(filled, sink, pauses)["shipped"] == 5
    assert (sink.prepared, len(pauses.noted)) == (2, 1)


def test_after_all_attempts_the_error_says_how_many_events_wait_and_nothing_is_lost(filled, pauses):
    sink = Sink(*[Transient("the cluster answered 503")] * 9)
    with pytest.raises(Transient, match=r"5 events.*503"):
        ship(filled, sink, pauses)
    assert len(sink.calls) == RETRY_POLICY.attempts
    assert filled.unshipped_counts() == (5, 0)


def test_what_had_arrived_before_the_error_is_remembered(filled, pauses):
    def half(ids):
        return Arrival(ids[:2], {}, dict.fromkeys(ids[2:], "busy"))

    with pytest.raises(Transient, match="3 events"):
        ship(filled, Sink(half, *[Transient("503")] * 9), pauses)
    assert filled.unshipped_counts() == (3, 0)


def test_attempts_after_which_more_has_arrived_are_not_counted(filled, pauses):
    def one(ids):
        return Arrival(ids[:1], {}, dict.fromkeys(ids[1:], "busy"))

    sink = Sink(one, Transient("503"), Transient("503"), Transient("503"), one, *[Transient("503")] * 3)
    assert ship(filled, sink, pauses)["shipped"] == 5


def test_a_refused_key_is_not_tried_again(filled, pauses):
    sink = Sink(AuthRefused("401"))
    with pytest.raises(AuthRefused):
        ship(filled, sink, pauses)
    assert len(sink.calls) == 1


@pytest.mark.parametrize(
    ("findings", "outcome", "code", "cause", "owner"),
    [
        ((), "success", None, None, None),
        ((BAD_GENRE, NOT_MEASURED), "failure", "META008", Cause.METADATA, "Content Operations"),
        ((BAD_GENRE.model_copy(update={"severity": "warn"}),), "success", None, None, None),
    ],
    ids=["good", "bad", "a warning"],
)
def test_a_check_is_an_event_with_what_was_found_first_and_how_long_it_took(
    trail, ledger, findings, outcome, code, cause, owner
):
    titles = [checked_for(PLAN, findings=tuple(findings))]
    record_checks(trail, "check", ANNEX, a_request(), titles, {PLAN.delivery_key: 2.5})
    [event] = trail.next_events(10)
    assert (event.action, event.outcome, event.state) == ("check", outcome, DeliveryState.PLANNED)
    assert (event.error_code, event.cause, event.owner, event.seconds) == (code, cause, owner, 2.5)
    assert (event.partner, event.client_id, event.run_id) == (PARTNER, ANNEX.client_id, RUN)
    assert (event.external_id, event.delivery_key) == (PLAN.external_id, PLAN.delivery_key)
    assert ("noir" in event.detail) is (outcome == "failure")


def test_a_check_whose_time_is_not_known_has_none_and_no_titles_are_no_events(trail, ledger):
    record_checks(trail, "check", ANNEX, a_request(), [])
    record_checks(trail, "check", ANNEX, a_request(), [checked_for(PLAN)])
    assert [event.seconds for event in trail.next_events(10)] == [None]


def test_the_check_of_a_dry_run_leaves_no_trail(trail, ledger):
    record_checks(trail, "check", ANNEX, a_request(dry_run=True), [checked_for(PLAN)])
    assert trail.next_events(10) == []
