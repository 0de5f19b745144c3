"""The consumption report of a partner, from what the ledger has about its calls."""

from __future__ import annotations

from datetime import timedelta

from edye_delivery.catalog.consumption import ExposedTitle
from edye_delivery.catalog.degradation import Probe
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.consumption import report_of
from edye_delivery.pipeline.degradation import Watch
from edye_delivery.reports.consumption.fetched import HandedTitles
from tests.builders import a_plan
from tests.unit.pull_calls import NOON, a_call, add_calls, calls_every, the_pull_annex

ANNEX = the_pull_annex(polling_interval_s=60, sla_percent=50)
WINDOW = Window(NOON, NOON + timedelta(hours=1))


def report(engine, exposed=None, generation=None):
    titles = None if exposed is None else HandedTitles(lambda: exposed)
    return report_of(engine, ANNEX, ANNEX.pull, WINDOW, WINDOW.end_at, titles, generation)


def test_a_day_of_polls_is_counted_with_its_errors_and_its_titles(engine):
    add_calls(engine, calls_every(60, NOON, 59, status=304, query="cursor=c", checkpoint_generation=6))
    add_calls(engine, [a_call(NOON + timedelta(minutes=59, seconds=30), status=404, message="not-found")])
    add_calls(engine, [a_call(NOON - timedelta(days=3), first_item="100:a", last_item="200:b", items=2)])
    exposed = [ExposedTitle("shows", "a", 100), ExposedTitle("shows", "c", 300, "EDYE_C", "The Kite")]
    found = report(engine, exposed, 8)
    assert (found.totals.calls, found.totals.not_modified, found.totals.refused) == (60, 59, 1)
    assert [(poll.polls, poll.agreed) for poll in found.polls] == [(59, 60)]
    assert [(point.generation, point.lag) for point in found.checkpoints] == [(6, 2)]
    assert [(error.status, error.turn) for error in found.errors] == [(404, "Content Operations")]
    assert found.titles is not None
    assert [(one.external_id, one.title) for one in found.titles.not_fetched] == [("EDYE_C", "The Kite")]
    assert (found.uptime_percent, found.longest_silence_s, found.degraded_minutes) == (100, 90, 0)


def test_what_the_watch_found_is_in_the_report(engine):
    Watch(engine, ANNEX, ANNEX.pull).look(NOON + timedelta(minutes=30), Probe(NOON, False, 1, "no answer"), None)
    found = report(engine)
    assert found.titles is None
    assert [one.kind for one in found.degradations] == ["unavailable"]
    assert found.degraded_minutes > 29


def test_titles_that_wait_until_the_partner_reads_them_are_named(engine):
    ledger, plan = Ledger(engine, lambda: NOON), a_plan()
    ledger.plan("shelf", "run-1", [plan], Channel.PULL)
    ledger.begin_send(plan.delivery_key, "run-1", Channel.PULL)
    ledger.mark_received(plan.delivery_key, "exposure-1", 0, 0.1)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    assert report(engine).waiting == 0
    ledger.wait_for_fetch("shelf", plan, [])
    found = report(engine)
    assert (found.waiting, [one.external_id for one in found.waiting_titles]) == (1, [plan.external_id])
    ledger.accept_fetched(plan.delivery_key, "read")
    assert report(engine).waiting == 0
