"""The ledger: states move as the architecture draws them, nothing is forgotten, many may write."""

import multiprocessing
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.stored_title import title_json, title_of
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Cause, Change, DeliveryState, Mode, Owner
from edye_delivery.ledger.comparison import compare, is_taken_up, other_edye_id
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.ledger.tables import DELIVERIES, EVENTS
from tests.builders import a_movie, a_plan, an_episode, the_annex
from tests.history import actions, history

PARTNER, RUN = "roku_premium_subs_mx", "run-1"
PLAN = a_plan()
KEY = PLAN.delivery_key


def plan_delivery(ledger, plan=PLAN):
    ledger.plan(PARTNER, RUN, [plan])


def receive(ledger, plan=PLAN):
    plan_delivery(ledger, plan)
    ledger.begin_send(plan.delivery_key, RUN, undone_withdrawal_at=plan.undone_withdrawal_at)
    ledger.mark_received(plan.delivery_key, "t-1", 1000, 2.0)


def complete(ledger, plan=PLAN):
    receive(ledger, plan)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)


def accept(ledger, plan=PLAN):
    complete(ledger, plan)
    ledger.accept(PARTNER, plan, [{"criterion": "completed", "met": True, "evidence": "said so"}])


def delivery_of(ledger, key=KEY):
    return ledger.deliveries([key])[key]


def offer_of(ledger: Ledger) -> dict[str, Title]:
    return {accepted.external_id: accepted.title for accepted in ledger.accepted_titles(PARTNER)}


def test_a_delivery_walks_from_plan_to_acceptance_and_each_step_is_an_event(ledger):
    accept(ledger)
    delivery = delivery_of(ledger)
    assert (delivery.state, delivery.attempts, delivery.tracking_id) == (DeliveryState.ACCEPTED, 1, "t-1")
    assert (delivery.bytes_sent, delivery.unanswered) == (1000, 0)
    assert delivery.seconds > 0
    assert delivery.received_at.tzinfo is not None
    assert actions(ledger, PARTNER, PLAN.external_id) == [
        "plan",
        "send",
        "receive",
        "observe",
        "accept",
    ]
    assert offer_of(ledger) == {PLAN.external_id: PLAN.title}


def test_planning_twice_changes_nothing_that_is_under_way(ledger):
    receive(ledger)
    plan_delivery(ledger)
    assert delivery_of(ledger).state is DeliveryState.RECEIVED


def test_twins_of_one_key_are_planned_once(ledger):
    ledger.plan(PARTNER, RUN, [PLAN, PLAN])
    assert delivery_of(ledger).state is DeliveryState.PLANNED


def test_an_unanswered_send_is_begun_again_under_the_same_key(ledger):
    plan_delivery(ledger)
    first = ledger.begin_send(KEY, RUN)
    second = ledger.begin_send(KEY, "run-2")
    assert (second.attempts, second.unanswered) == (2, 2)
    assert first.idempotency_key == second.idempotency_key == KEY
    assert second.first_sent_at == first.first_sent_at


def test_after_an_end_at_the_partner_a_resend_is_a_new_ingest_of_the_same_title(ledger):
    receive(ledger)
    ledger.fail(KEY, Cause.MEDIA, "formato no soportado", ended_by_partner=True)
    plan_delivery(ledger)
    assert ledger.begin_send(KEY, RUN).idempotency_key == f"{KEY}-1"


def test_a_stuck_delivery_is_waited_for_again_and_not_sent_again(ledger):
    receive(ledger)
    ledger.fail(KEY, Cause.STUCK, "no end")
    assert delivery_of(ledger).owner is Owner.DEVOPS
    plan_delivery(ledger)
    assert delivery_of(ledger).state is DeliveryState.RECEIVED
    with pytest.raises(TransitionRefused):
        ledger.begin_send(KEY, RUN)


@pytest.mark.parametrize(
    ("prepare", "move"),
    [
        (plan_delivery, lambda ledger: ledger.mark_received(KEY, "t", 1, 1.0)),
        (plan_delivery, lambda ledger: ledger.accept(PARTNER, PLAN, [])),
        (receive, lambda ledger: ledger.begin_send(KEY, RUN)),
        (receive, lambda ledger: ledger.accept(PARTNER, PLAN, [])),
        (accept, lambda ledger: ledger.begin_send(KEY, RUN)),
        (accept, lambda ledger: ledger.fail(KEY, Cause.UNKNOWN, "late")),
        (complete, lambda ledger: ledger.reject(KEY, Cause.MEDIA, Owner.DEVOPS, "late", [])),
    ],
    ids=["receive", "accept", "send twice", "accept early", "send accepted", "fail accepted", "reject completed"],
)
def test_a_move_that_the_states_do_not_have_is_refused_and_changes_nothing(ledger, prepare, move):
    prepare(ledger)
    before = delivery_of(ledger), history(ledger, PARTNER, PLAN.external_id)
    with pytest.raises(TransitionRefused, match=r"is .*, so it cannot become"):
        move(ledger)
    assert (delivery_of(ledger), history(ledger, PARTNER, PLAN.external_id)) == before


def test_an_unknown_delivery_is_named(ledger):
    with pytest.raises(TransitionRefused, match="is not in the ledger"):
        ledger.begin_send("0" * 64, RUN)


def test_a_rejection_keeps_cause_owner_and_rules_and_a_new_plan_forgets_them(ledger):
    plan_delivery(ledger)
    ledger.reject(KEY, Cause.MEDIA, Owner.CONTENT_OPERATIONS, "VID006 hevc", ["VID006"])
    rejected = delivery_of(ledger)
    assert (rejected.cause, rejected.owner, rejected.rules) == (Cause.MEDIA, Owner.CONTENT_OPERATIONS, ("VID006",))
    plan_delivery(ledger)
    assert (delivery_of(ledger).cause, delivery_of(ledger).rules, delivery_of(ledger).finished_at) == (None, (), None)


def test_a_withdrawn_title_leaves_the_accepted_ones_and_may_come_back(ledger):
    accept(ledger)
    assert [delivery.external_id for delivery in ledger.offered_deliveries(PARTNER, ["ep-1"], RUN)] == [
        PLAN.external_id
    ]
    for _ in range(2):
        ledger.withdraw(PARTNER, KEY, "run-2", "invisible")
    assert offer_of(ledger) == {}
    assert ledger.offered_deliveries(PARTNER, ["ep-1"], "run-3") == []
    assert len(ledger.offered_deliveries(PARTNER, ["ep-1"], "run-2")) == 1
    memory = ledger.memories(PARTNER, [PLAN.external_id])[PLAN.external_id]
    assert compare(PLAN, memory).change is Change.CHANGED
    plan_delivery(ledger)
    assert ledger.begin_send(KEY, RUN).idempotency_key == f"{KEY}-1"
    ledger.mark_received(KEY, "t-2", 1000, 2.0)
    ledger.observe(KEY, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, PLAN, [])
    assert list(offer_of(ledger)) == [PLAN.external_id]


def test_a_newer_revision_of_an_unchanged_delivery_is_kept(ledger):
    accept(ledger)
    newer = a_plan(an_episode(images=[{"kind": "still", "url": "http://media.example/new.png"}]))
    assert newer.delivery_key == KEY
    ledger.refresh(PARTNER, newer)
    assert offer_of(ledger)[PLAN.external_id].images[0].url.endswith("new.png")


def memory_after(ledger, step):
    if step is not None:
        step(ledger)
    return ledger.memories(PARTNER, [PLAN.external_id])[PLAN.external_id]


def failed(ledger):
    receive(ledger)
    ledger.fail(KEY, Cause.TRANSIENT, "down")


@pytest.mark.parametrize(
    ("step", "plan", "change", "modes"),
    [
        (None, PLAN, Change.NEW, {Mode.CHANGED, Mode.ALL}),
        (plan_delivery, PLAN, Change.NEW, {Mode.CHANGED, Mode.FAILED, Mode.ALL}),
        (failed, PLAN, Change.NEW, {Mode.CHANGED, Mode.FAILED, Mode.ALL}),
        (receive, PLAN, Change.OPEN, {Mode.CHANGED, Mode.FAILED, Mode.ALL}),
        (accept, PLAN, Change.UNCHANGED, {Mode.ALL}),
        (accept, a_plan(an_episode(titles={"es": "Otro"})), Change.CHANGED, {Mode.CHANGED, Mode.ALL}),
    ],
    ids=["new", "planned", "failed", "under way", "accepted", "accepted, changed since"],
)
def test_titles_are_new_changed_open_or_unchanged_and_modes_take_them_up(ledger, step, plan, change, modes):
    memory = memory_after(ledger, step)
    placed = compare(plan, memory)
    assert placed.change is change
    assert {mode for mode in Mode if is_taken_up(placed, memory, mode)} == modes


def other_content(**changes):
    return a_plan(an_episode(titles={"es": "Otro"}, **changes))


def test_content_that_other_content_has_replaced_is_sent_again_as_a_new_ingest(ledger):
    accept(ledger)
    accept(ledger, other_content())
    back = compare(PLAN, memory_after(ledger, None))
    assert (back.change, back.delivery_key) == (Change.CHANGED, KEY)
    plan_delivery(ledger, back)
    assert delivery_of(ledger).state is DeliveryState.PLANNED
    assert ledger.begin_send(KEY, "run-2").idempotency_key == f"{KEY}-1"
    ledger.mark_received(KEY, "t-2", 1000, 2.0)
    ledger.observe(KEY, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, back, [])
    assert offer_of(ledger) == {PLAN.external_id: PLAN.title}
    plan_delivery(ledger, back)
    assert delivery_of(ledger).state is DeliveryState.ACCEPTED
    assert compare(PLAN, memory_after(ledger, None)).change is Change.UNCHANGED


def test_content_on_its_way_replaces_what_is_accepted_and_failed_content_does_not(ledger):
    accept(ledger)
    newer = other_content()
    receive(ledger, newer)
    assert compare(PLAN, memory_after(ledger, None)).change is Change.CHANGED
    ledger.fail(newer.delivery_key, Cause.MEDIA, "formato no soportado", ended_by_partner=True)
    assert compare(PLAN, memory_after(ledger, None)).change is Change.UNCHANGED


def test_a_resend_that_is_accepted_or_under_way_counts_for_its_content(ledger):
    resend = plan_of(the_annex(), PLAN.title, resend="run-1")
    assert resend.content_key == KEY != resend.delivery_key
    receive(ledger, resend)
    going_on = compare(PLAN, memory_after(ledger, None))
    assert (going_on.change, going_on.delivery_key) == (Change.OPEN, resend.delivery_key)
    ledger.observe(resend.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, resend, [])
    settled = compare(PLAN, memory_after(ledger, None))
    assert (settled.change, settled.delivery_key) == (Change.UNCHANGED, resend.delivery_key)
    assert compare(resend, memory_after(ledger, None)).change is Change.UNCHANGED
    assert compare(plan_of(the_annex(), PLAN.title, "run-2"), memory_after(ledger, None)).change is Change.CHANGED


def test_an_accepted_title_that_is_sent_again_can_still_be_withdrawn(ledger):
    accept(ledger)
    receive(ledger, other_content())
    plan_delivery(ledger)
    ledger.withdraw(PARTNER, KEY, "run-2", "invisible")
    assert offer_of(ledger) == {}
    assert delivery_of(ledger).state is DeliveryState.PLANNED
    last = history(ledger, PARTNER, PLAN.external_id)[-1]
    assert (last.action, last.state, last.detail) == ("withdraw", "planned", "invisible")


def test_an_external_id_of_another_title_is_seen(ledger):
    accept(ledger)
    twin = a_plan(an_episode(id="ep-other"))
    memory = ledger.memories(PARTNER, [PLAN.external_id])[PLAN.external_id]
    assert other_edye_id(twin, memory) == "ep-1"
    assert other_edye_id(PLAN, memory) is None


def test_ten_thousand_ids_are_looked_up_in_pieces(ledger):
    plan_delivery(ledger)
    found = ledger.memories(PARTNER, [f"X{n}" for n in range(2_000)] + [PLAN.external_id])
    assert len(found) == 2_001
    assert len(found[PLAN.external_id].deliveries) == 1


def _write_many(url, first):
    ledger = Ledger(open_engine(url), lambda: datetime.now(UTC))
    for number in range(first, first + 20):
        receive(ledger, plan_of(the_annex(), a_movie(title_id=f"EDYE_MOV_{number:06}")))


@pytest.mark.proof
def test_four_processes_write_at_once_and_nothing_is_lost(ledger_url):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=_write_many, args=(ledger_url, start * 100)) for start in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    engine = open_engine(ledger_url)
    with engine.connect() as connection:
        states = [row.state for row in connection.execute(select(DELIVERIES.c.state))]
        events = connection.execute(select(EVENTS.c.id)).all()
    engine.dispose()
    assert states == [DeliveryState.RECEIVED] * 80
    assert len(events) == 240


def test_accepted_titles_come_by_show_season_episode_and_language_over_many_reads(ledger, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.revisions.TITLES_A_READ", 2)
    titles = [
        an_episode(id=f"ep-{title_id}-{season}-{episode}-{lang}", title_id=title_id, season_number=season,
                   episode_number=episode, lang=lang)
        for title_id in ("B_2", "B", "A")
        for season, episode in ((10, 1), (2, 11), (2, 2))
        for lang in ("es", "en")
    ]  # fmt: skip
    for title in titles:
        accept(ledger, a_plan(title))
    names = [one.external_id for one in ledger.accepted_titles(PARTNER)]
    numbers = ["S02E02_EN", "S02E02_ES", "S02E11_EN", "S02E11_ES", "S10E01_EN", "S10E01_ES"]
    assert names == [f"{title_id}_{number}" for title_id in ("A", "B", "B_2") for number in numbers]


def test_a_title_without_jwp_id_is_the_same_bytes_as_before_it_was_read():
    assert b"jwp_id" not in title_json(an_episode())
    assert title_of(title_json(an_episode(jwp_id="k2Xz9aQ1"))) == an_episode(jwp_id="k2Xz9aQ1")
