"""A delivery is its sender's alone: until when, by whose clock, who succeeds whom, and where late receipts go."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url, select

from edye_delivery.annex.api import LEASE_S
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Cause, Change, Channel, DeliveryState, Owner
from edye_delivery.ledger.comparison import compare
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.database_clock import time_expression
from edye_delivery.ledger.leases import (
    AlreadyAccepted,
    ContentOutdated,
    Holder,
    LeaseLost,
    TitleBusy,
    WithdrawnByHand,
)
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.read_only import open_read_only
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.verify import differences
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan, an_episode, the_annex
from tests.history import actions as actions_of
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN, delivery_of, plan_delivery
from tests.waiting import until

FIRST, SECOND = Holder("first"), Holder("second", try_number=2)
FORCED = plan_of(the_annex(), PLAN.title, resend="run-2")
NEWER = a_plan(an_episode(titles={"es": "Otro"}))
ENDED = 0.0


def begin(ledger, plan=PLAN, holder=FIRST, run_id=RUN, **more):
    plan_delivery(ledger, plan)
    return ledger.begin_send(plan.delivery_key, run_id, holder=holder, **more)


def actions(ledger):
    return actions_of(ledger, PARTNER, PLAN.external_id)


def tracking_ids(ledger):
    """Every tracking id that the ledger's events know of the title."""
    with ledger._engine.connect() as connection:
        return {name for name in connection.execute(select(EVENTS.c.tracking_id)).scalars() if name}


def test_who_begins_a_delivery_has_a_lease_on_it(ledger):
    before = datetime.now(UTC)
    delivery = begin(ledger, holder=SECOND, lease_s=60)
    assert (delivery.lease_holder, delivery.lease_run_id, delivery.lease_try) == ("second", RUN, 2)
    assert timedelta(seconds=55) < delivery.lease_expires_at - before < timedelta(seconds=75)


@pytest.mark.parametrize(
    "write",
    [
        lambda ledger: ledger.begin_send(KEY, "run-2", holder=SECOND),
        lambda ledger: ledger.reject(KEY, Cause.IMAGES, Owner.DESIGN, "poster", ["IMG003"], "second"),
        lambda ledger: ledger.fail(KEY, Cause.TRANSIENT, "down", holder="second"),
        lambda ledger: ledger.fail(KEY, Cause.TRANSIENT, "down"),
    ],
    ids=["begin", "reject", "fail", "fail by nobody"],
)
def test_nobody_else_begins_rejects_or_fails_what_is_being_sent(ledger, write):
    begin(ledger)
    before = delivery_of(ledger), actions(ledger)
    with pytest.raises(TitleBusy, match=r"the run run-1 has been sending .* since 2026-03-02T.*, its lease ends 20"):
        write(ledger)
    assert (delivery_of(ledger), actions(ledger)) == before


@pytest.mark.parametrize(
    "write",
    [
        lambda ledger: ledger.renew(KEY, "first", 60),
        lambda ledger: ledger.retry(KEY, "cut", Call(), "first"),
        lambda ledger: ledger.note_whole(KEY, "a.part", "first"),
    ],
    ids=["renew", "retry", "note whole"],
)
def test_a_sender_whose_lease_another_has_taken_over_is_told_so_before_it_goes_on(ledger, write):
    begin(ledger, lease_s=ENDED)
    begin(ledger, holder=SECOND, run_id="run-2")
    before = delivery_of(ledger), actions(ledger)
    with pytest.raises(LeaseLost, match=r"the run run-2 has it now \(sending\): this run stops"):
        write(ledger)
    with pytest.raises(TitleBusy):
        ledger.fail(KEY, Cause.TRANSIENT, "cut", holder="first")
    assert (delivery_of(ledger), actions(ledger)) == before


def test_a_holder_that_let_its_lease_end_is_succeeded_and_its_try_counts_as_unanswered(ledger):
    begin(ledger, lease_s=ENDED)
    successor = begin(ledger, holder=SECOND, run_id="run-2")
    assert (successor.lease_holder, successor.attempts, successor.unanswered) == ("second", 2, 2)


def test_a_lease_that_ended_and_that_nobody_took_is_renewed(ledger):
    begin(ledger, lease_s=ENDED)
    ledger.renew(KEY, "first", 60)
    with pytest.raises(TitleBusy):
        begin(ledger, holder=SECOND)


def test_a_lease_ends_to_the_fraction_of_a_second_and_by_the_databases_clock_alone(ledger_url):
    slow = Ledger(open_engine(ledger_url), lambda: datetime(2001, 1, 1, tzinfo=UTC))
    fast = Ledger(open_engine(ledger_url), lambda: datetime(2099, 1, 1, tzinfo=UTC))
    begin(slow, lease_s=3.5)
    with pytest.raises(TitleBusy):
        begin(fast, holder=SECOND)

    def successor():
        try:
            return begin(fast, holder=SECOND)
        except TitleBusy:
            return None

    assert until(successor, "the end of the lease").lease_holder == "second"
    assert abs((delivery_of(slow).lease_expires_at - datetime.now(UTC)).total_seconds() - LEASE_S) < 60


@pytest.mark.parametrize("later_s", [0.0, 0.25, 300.0])
def test_the_databases_clock_is_an_aware_moment(ledger_url, later_s):
    with open_engine(ledger_url).connect() as connection:
        at = connection.execute(select(time_expression(connection, later_s))).scalar_one()
    assert abs((at - datetime.now(UTC)).total_seconds() - later_s) < 5


def test_the_lease_is_gone_once_the_delivery_has_moved_on(ledger):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 10, 1.0)
    assert (delivery_of(ledger).lease_holder, delivery_of(ledger).lease_expires_at) == (None, None)


def test_of_two_receipts_the_first_is_kept_and_the_other_is_an_event(ledger):
    begin(ledger, lease_s=ENDED)
    begin(ledger, holder=SECOND, run_id="run-2")
    ledger.mark_received(KEY, "t-of-first", 10, 1.0)  # it wakes up with the partner's receipt: that is the truth
    assert (delivery_of(ledger).state, delivery_of(ledger).tracking_id) == (DeliveryState.RECEIVED, "t-of-first")
    with pytest.raises(LeaseLost):
        ledger.renew(KEY, "second", 60)
    with pytest.raises(LeaseLost, match=r"has it now \(received\)"):
        ledger.mark_received(KEY, "t-of-second", 10, 1.0)
    assert delivery_of(ledger).tracking_id == "t-of-first"
    assert tracking_ids(ledger) == {"t-of-first", "t-of-second"}
    assert actions(ledger)[-2:] == ["receive", "receive late"]


def test_a_successors_failure_does_not_cost_the_receipt_of_the_sender_before_it(ledger):
    begin(ledger, lease_s=ENDED)
    begin(ledger, holder=SECOND, run_id="run-2")
    ledger.mark_received(KEY, "t-of-first", 10, 1.0)
    with pytest.raises(TransitionRefused, match="is received"):
        ledger.fail(KEY, Cause.TRANSIENT, "cut", holder="second")
    assert (delivery_of(ledger).state, delivery_of(ledger).tracking_id) == (DeliveryState.RECEIVED, "t-of-first")


def test_the_same_receipt_twice_is_no_event(ledger):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 10, 1.0)
    with pytest.raises(LeaseLost):
        ledger.mark_received(KEY, "t-1", 10, 1.0)
    assert actions(ledger).count("receive") == 1
    assert "receive late" not in actions(ledger)


@pytest.mark.parametrize("ended", ["failed", "rejected", "planned", "accepted"])
def test_no_tracking_id_is_lost_whatever_became_of_the_delivery_meanwhile(ledger, ended):
    begin(ledger, lease_s=ENDED)
    if ended == "failed":
        ledger.fail(KEY, Cause.TRANSIENT, "media host down", holder="second")
    elif ended == "accepted":
        begin(ledger, holder=SECOND)
        ledger.mark_received(KEY, "t-2", 1, 1.0)
        ledger.observe(KEY, DeliveryState.COMPLETED)
        ledger.accept(PARTNER, PLAN, [])
    else:
        ledger.reject(KEY, Cause.IMAGES, Owner.DESIGN, "poster", ["IMG003"], "second")
    if ended == "planned":
        plan_delivery(ledger)
    if ended == "failed":
        ledger.mark_received(KEY, "t-late", 10, 1.0)
        assert (delivery_of(ledger).state, delivery_of(ledger).tracking_id) == (DeliveryState.RECEIVED, "t-late")
    else:
        with pytest.raises(LeaseLost):
            ledger.mark_received(KEY, "t-late", 10, 1.0)
        assert delivery_of(ledger).state == ended
    assert "t-late" in tracking_ids(ledger)


@pytest.mark.parametrize("other", [FORCED, NEWER], ids=["the same content by force", "newer content"])
def test_a_title_has_one_sender_at_a_time(ledger, other):
    begin(ledger)
    with pytest.raises(TitleBusy, match="the run run-1 has been sending"):
        begin(ledger, other, SECOND, "run-2")
    ledger.fail(KEY, Cause.MEDIA, "formato no soportado", ended_by_partner=True, holder="first")
    assert begin(ledger, other, SECOND, "run-2").state is DeliveryState.SENDING


@pytest.mark.parametrize("state", [DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED])
def test_content_whose_ingest_runs_is_not_sent_by_force_until_it_has_ended(ledger, state):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 10, 1.0)
    if state is not DeliveryState.RECEIVED:
        ledger.observe(KEY, state)
    with pytest.raises(TitleBusy, match=r"as t-1 from the run run-1 .* has not ended it") as refused:
        begin(ledger, FORCED, SECOND, "run-2")
    assert refused.value.tracking_id == "t-1"
    ledger.fail(KEY, Cause.STUCK, "no end")
    assert begin(ledger, FORCED, SECOND, "run-2").state is DeliveryState.SENDING


def test_over_ftp_a_commit_that_nobody_picked_up_gives_way_to_a_forced_one(ledger):
    begin(ledger, channel=Channel.FTP)
    ledger.mark_received(KEY, "a.json", 10, 1.0)
    with pytest.raises(TitleBusy):
        begin(ledger, FORCED, SECOND, "run-2", channel=Channel.API)
    assert begin(ledger, FORCED, SECOND, "run-2", channel=Channel.FTP).state is DeliveryState.SENDING


def test_content_that_a_resend_brought_meanwhile_is_not_sent_again_and_superseded_content_is(ledger):
    plan_delivery(ledger)
    begin(ledger, FORCED, SECOND, "run-2")
    with pytest.raises(TitleBusy):
        begin(ledger)
    ledger.mark_received(FORCED.delivery_key, "t-2", 10, 1.0)
    ledger.observe(FORCED.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, FORCED, [])
    with pytest.raises(AlreadyAccepted, match="as t-2 from the run run-2"):
        begin(ledger)
    begin(ledger, NEWER)
    ledger.mark_received(NEWER.delivery_key, "t-3", 10, 1.0)
    assert begin(ledger).state is DeliveryState.SENDING


def test_content_that_a_dead_resend_was_sending_is_left_to_it_but_not_by_force(ledger):
    begin(ledger, FORCED, SECOND, "run-2", lease_s=ENDED)
    with pytest.raises(TitleBusy):
        begin(ledger)
    other = plan_of(the_annex(), PLAN.title, resend="run-3")
    assert begin(ledger, other, FIRST, "run-3").state is DeliveryState.SENDING


def test_what_another_run_waits_for_ends_once_and_for_its_own_ingest_only(ledger):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 10, 1.0)
    ledger.observe(KEY, DeliveryState.COMPLETED, "t-1")
    for write in (
        lambda: ledger.observe(KEY, DeliveryState.COMPLETED, "t-1"),
        lambda: ledger.fail(KEY, Cause.STUCK, "no end", tracking_id="t-1"),
    ):
        with pytest.raises(TransitionRefused):
            write()
    assert delivery_of(ledger).state is DeliveryState.COMPLETED


def test_why_a_planned_delivery_was_left_alone_is_in_its_detail_and_an_event(ledger):
    plan_delivery(ledger)
    ledger.leave(KEY, "the run run-0 has it")
    assert (delivery_of(ledger).state, delivery_of(ledger).detail) == (DeliveryState.PLANNED, "the run run-0 has it")
    assert actions(ledger) == ["plan", "leave"]
    begin(ledger)
    ledger.leave(KEY, "too late")
    assert (delivery_of(ledger).detail, actions(ledger)) == ("", ["plan", "leave", "plan again", "send"])


def test_a_refusal_crosses_processes():
    held = TitleBusy("T_1", "run-1", datetime(2026, 3, 2, tzinfo=UTC), None, None)
    rebuild, fields = held.__reduce__()
    assert str(rebuild(*fields)) == str(held)


def test_two_deliveries_of_one_content_are_never_begun_at_once(ledger_url):
    """Twelve titles, each begun by two threads at the same moment: as itself and by force."""
    ledgers = [Ledger(open_engine(ledger_url), Clock()) for _ in range(2)]
    titles = [a_movie(title_id=f"EDYE_MOV_{number:06}") for number in range(12)]
    plans = [[plan_of(the_annex(), title), plan_of(the_annex(), title, resend="run-2")] for title in titles]
    for pair in plans:
        ledgers[0].plan(PARTNER, RUN, pair)
    begin, refusals, failures = threading.Barrier(2, timeout=60), [[], []], []

    def begin_all(side):
        for pair in plans:
            begin.wait()
            try:
                ledgers[side].begin_send(pair[side].delivery_key, f"run-{side}", holder=Holder(f"holder-{side}"))
            except TitleBusy as refusal:
                refusals[side].append(refusal.external_id)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=begin_all, args=(side,)) for side in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sorted(refusals[0] + refusals[1]) == sorted(pair[0].external_id for pair in plans)
    known = ledgers[0].deliveries(plan.delivery_key for pair in plans for plan in pair)
    assert sorted(delivery.state for delivery in known.values()) == ["planned"] * 12 + ["sending"] * 12


def test_a_late_sender_cannot_renew_its_lease_once_a_sibling_of_its_title_is_sent(ledger):
    for sibling in (FORCED, NEWER):
        begin(ledger, lease_s=ENDED)
        begin(ledger, sibling, SECOND, "run-2")
        with pytest.raises(LeaseLost):
            ledger.renew(KEY, FIRST.name, 60)
        ledger.fail(sibling.delivery_key, Cause.TRANSIENT, "down", holder=SECOND.name)
        ledger.fail(KEY, Cause.TRANSIENT, "down")


def read_at(plan, hour):
    return plan.model_copy(update={"read_at": datetime(2026, 3, 2, hour, tzinfo=UTC)})


def test_older_content_does_not_follow_newer_content_to_the_partner(ledger):
    plan_delivery(ledger, read_at(PLAN, 6))
    begin(ledger, read_at(NEWER, 7), SECOND, "run-2")
    ledger.mark_received(NEWER.delivery_key, "t-2", 1, 1.0)
    with pytest.raises(ContentOutdated, match="run-2 has sent newer content"):
        ledger.begin_send(KEY, RUN, holder=FIRST)
    plan_delivery(ledger, read_at(PLAN, 8))  # the catalogue has gone back to it
    assert ledger.begin_send(KEY, RUN, holder=FIRST).state is DeliveryState.SENDING


def test_an_older_ingest_that_is_accepted_late_leaves_the_title_at_what_was_sent_after_it(ledger, ledger_url):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 1, 1.0)
    begin(ledger, NEWER, SECOND, "run-2")
    ledger.mark_received(NEWER.delivery_key, "t-2", 1, 1.0)
    for plan in (NEWER, PLAN):
        ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        ledger.accept(PARTNER, plan, [])
    assert [one.title.titles for one in ledger.accepted_titles(PARTNER)] == [NEWER.title.titles]
    memory = ledger.memories(PARTNER, [PLAN.external_id])[PLAN.external_id]
    assert (memory.current_key, memory.revision.delivery_key) == (NEWER.delivery_key, NEWER.delivery_key)
    assert not told_differences(ledger_url)


def test_what_is_left_for_good_leaves_its_title_at_what_is_accepted(ledger, ledger_url):
    begin(ledger, FORCED, SECOND, "run-2")
    plan_delivery(ledger)
    ledger.mark_received(FORCED.delivery_key, "t-2", 1, 1.0)
    ledger.observe(FORCED.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, FORCED, [])
    ledger.plan(PARTNER, RUN, [PLAN])
    with pytest.raises(AlreadyAccepted) as left:
        ledger.begin_send(KEY, RUN, holder=FIRST)
    ledger.leave(KEY, str(left.value), for_good=True)
    memory = ledger.memories(PARTNER, [PLAN.external_id])[PLAN.external_id]
    assert memory.current_key == FORCED.delivery_key
    assert compare(PLAN, memory).change is Change.UNCHANGED
    assert not told_differences(ledger_url)


def test_a_receipt_of_an_ingest_that_the_partner_has_ended_is_no_news(ledger):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 1, 1.0)
    ledger.fail(KEY, Cause.MEDIA, "refused", ended_by_partner=True, tracking_id="t-1")
    with pytest.raises(LeaseLost):
        ledger.mark_received(KEY, "t-1", 1, 1.0)
    assert (delivery_of(ledger).state, delivery_of(ledger).rounds_ended) == (DeliveryState.FAILED, 1)


def test_a_criterion_that_is_not_met_fails_the_ingest_that_was_looked_at_and_no_later_one(ledger):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 1, 1.0)
    ledger.observe(KEY, DeliveryState.COMPLETED)
    ledger.fail(KEY, Cause.MEDIA, "too short", tracking_id="t-1", was_completed=True)
    begin(ledger)
    ledger.mark_received(KEY, "t-2", 1, 1.0)
    ledger.observe(KEY, DeliveryState.COMPLETED)
    with pytest.raises(TransitionRefused):
        ledger.fail(KEY, Cause.MEDIA, "too short", tracking_id="t-1", was_completed=True)
    assert delivery_of(ledger).state is DeliveryState.COMPLETED


def told_differences(ledger_url):
    with open_read_only(make_url(ledger_url)) as connection:
        return list(differences(connection))


@pytest.mark.parametrize("again", [False, True], ids=["newer content", "the same content"])
def test_what_was_withdrawn_by_hand_since_its_plan_is_withdrawn_and_not_left_planned(ledger, ledger_url, again):
    begin(ledger)
    ledger.mark_received(KEY, "t-1", 1, 1.0)
    ledger.observe(KEY, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, PLAN, [])
    Withdrawals(open_engine(ledger_url), Clock(), PARTNER).begin(KEY, "withdraw-1", "the rights ended", None)
    plan = PLAN if again else NEWER
    ledger.plan(PARTNER, "run-2", [plan])
    with pytest.raises(WithdrawnByHand) as left:
        ledger.begin_send(plan.delivery_key, "run-2", holder=SECOND)
    ledger.leave(plan.delivery_key, str(left.value), for_good=True)
    assert delivery_of(ledger, plan.delivery_key).state is DeliveryState.WITHDRAWN
    assert not told_differences(ledger_url)
