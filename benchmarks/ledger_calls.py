"""What a run, the shipping of events and `status` ask of the ledger: tests look at how, the benchmark at how soon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from benchmarks.desk_data import NOW, PARTNERS
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.api_call_outbox import ApiCallOutbox
from edye_delivery.ledger.fetches import waiting_titles
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.trail import Call, Trail

PARTNER = next(iter(PARTNERS))
DAY = Window(NOW - timedelta(days=1), NOW)
RUN = "run"
TITLE = "EDYE_000001_S01E01_ES"

STATUS: Mapping[str, Callable[[StatusReader], Any]] = {
    "everything": lambda one: [one.counts(Selection()), *one.titles(Selection(), limit=10)],
    "a partner": lambda one: [one.counts(Selection(PARTNER)), *one.titles(Selection(PARTNER), limit=10)],
    "a window": lambda one: [one.counts(Selection(window=DAY)), *one.titles(Selection(window=DAY), limit=10)],
    "ended well too": lambda one: list(one.titles(Selection(window=DAY), ended_well=True, limit=9)),
    "a title": lambda one: list(one.titles(Selection(external_ids=(TITLE,)), ended_well=True)),
    "its count": lambda one: one.counts(Selection(external_ids=(TITLE,))),
    "its past": lambda one: [*one.history(PARTNER, TITLE), *one.errors_in_a_row(PARTNER)],
    "open titles": lambda one: one.open_counts(tuple(PARTNERS)),
}


def ship(trail: Trail, outbox: ApiCallOutbox) -> None:
    """Ships events and calls."""
    found = trail.next_events(10)
    trail.mark_shipped([one.id for one in found] or [1])
    trail.set_aside({2: "refused"})
    trail.ship_again()
    trail.unshipped_counts()
    outbox.next_events(10)
    outbox.mark_shipped(["no"])
    outbox.unshipped_counts()


def send(ledger: Ledger, plan: PlannedTitle, channel: Channel = Channel.API) -> None:
    """Plans a title, sends it at the second try, and waits for it."""
    ledger.plan(PARTNER, RUN, [plan], channel)
    ledger.begin_send(plan.delivery_key, RUN, channel)
    ledger.retry(plan.delivery_key, "the partner answered 503", Call())
    ledger.mark_received(plan.delivery_key, f"t-{plan.external_id}", 10, 1.0)
    ledger.note_wait([plan.delivery_key], NOW)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)


def accept(ledger: Ledger, plan: PlannedTitle) -> None:
    """Sends a title, accepts it, and takes it back."""
    send(ledger, plan)
    ledger.accept(PARTNER, plan, [])
    ledger.refresh(PARTNER, plan)
    ledger.withdraw(PARTNER, plan.delivery_key, RUN, "invisible")


def refuse(ledger: Ledger, plan: PlannedTitle) -> None:
    """Rejects a title for its media."""
    ledger.plan(PARTNER, RUN, [plan])
    ledger.reject(plan.delivery_key, Cause.MEDIA, Owner.DESIGN, "codec", ["VID006"])


def fail(ledger: Ledger, plan: PlannedTitle) -> None:
    """Sends a title that the partner does not take."""
    send(ledger, plan)
    ledger.note_trouble(plan.delivery_key, "no answer")
    ledger.fail(plan.delivery_key, Cause.TRANSIENT, "503", call=Call(0.1, 503))


def leave(ledger: Ledger, plan: PlannedTitle) -> None:
    """Leaves a title to another run."""
    ledger.plan(PARTNER, RUN, [plan])
    ledger.leave(plan.delivery_key, "somebody else has it", for_good=True)
    ledger.end_unattended(plan.delivery_key, RUN, "not offered")


def fetch(ledger: Ledger, plan: PlannedTitle) -> None:
    """Exposes a title, and accepts that it was fetched."""
    send(ledger, plan, Channel.PULL)
    ledger.end_replaced(plan.delivery_key)
    ledger.wait_for_fetch(PARTNER, plan, [])
    ledger.look_for_fetches(PARTNER)
    ledger.waiting_keys(PARTNER, [plan.external_id])
    ledger.accept_fetched(plan.delivery_key, "read")


def read(ledger: Ledger, plan: PlannedTitle) -> None:
    """Reads what a plan needs to know."""
    ledger.memories(PARTNER, [plan.external_id])
    ledger.deliveries([plan.delivery_key])
    ledger.offered_deliveries(PARTNER, [plan.title.id], RUN)
    ledger.unattended_titles(PARTNER, Channel.API)
    with ledger._engine.connect() as connection:
        list(waiting_titles(connection, PARTNER, NOW))


RUN_STEPS = (accept, refuse, fail, leave, fetch, read)
