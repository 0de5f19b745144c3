"""Where a title stands is a fact: later runs do not rewrite it, and its events say the same."""

from __future__ import annotations

import random
from dataclasses import asdict
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Cause, Change, Channel, DeliveryState, Mode, Owner
from edye_delivery.catalog.window import Window
from edye_delivery.errors import DeliveryError
from edye_delivery.ledger.comparison import compare, is_taken_up
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.ledger.tables import TITLE_STATUS, TITLE_WORDS
from edye_delivery.ledger.title_status import title_status_of
from edye_delivery.ledger.title_words import facts_of, folded_title
from edye_delivery.ledger.transitions import Transitions
from edye_delivery.ledger.verify import differences
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan, the_annex
from tests.history import actions
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN, accept, complete, receive

NAME = PLAN.external_id
END_AT = datetime(2030, 1, 1, tzinfo=UTC)
RESEND = plan_of(the_annex(), PLAN.title, resend="run-2")
OTHER = PLAN.model_copy(update={"delivery_key": "b" * 64, "content_key": "b" * 64})


def status(engine, name=NAME):
    query = select(TITLE_STATUS).where(TITLE_STATUS.c.partner == PARTNER, TITLE_STATUS.c.external_id == name)
    with engine.connect() as connection:
        return title_status_of(connection.execute(query).mappings().one())


def current_of(engine):
    one = status(engine)
    return one.delivery_key, one.state, one.cause


def facts_of_plan():
    return asdict(facts_of({**PLAN.title.model_dump(), "title": PLAN.title.name, "edye_id": PLAN.title.id}))


def found_differences(engine):
    with engine.connect() as connection:
        return list(differences(connection))


def refused(ledger, plan):
    receive(ledger, plan)
    ledger.fail(plan.delivery_key, Cause.MEDIA, "formato no soportado", ended_by_partner=True)


def test_a_run_that_sees_a_title_unchanged_does_not_move_its_acceptance(ledger, engine):
    accept(ledger)
    before = ledger.memories(PARTNER, [NAME])[NAME].revision
    newer = a_plan(PLAN.title.model_copy(update={"tags": ("roku", "kidsdirected", "new")}))
    ledger.refresh(PARTNER, newer.model_copy(update={"delivery_key": KEY, "content_key": KEY}))
    after = ledger.memories(PARTNER, [NAME])[NAME].revision
    assert (after.accepted_at, after.delivery_key) == (before.accepted_at, KEY)
    assert after.revision == newer.revision != before.revision
    assert status(engine).accepted_at == before.accepted_at == ledger.deliveries([KEY])[KEY].finished_at


def test_a_withdrawal_by_window_takes_the_delivery_that_was_accepted_in_it_and_no_other(ledger, engine):
    good, bad = PLAN, a_plan(a_movie())
    accept(ledger, good)
    begin = ledger.memories(PARTNER, [NAME])[NAME].revision.accepted_at
    accept(ledger, bad)
    at = ledger.memories(PARTNER, [bad.external_id])[bad.external_id].revision.accepted_at
    end = Clock()
    end.at = at
    for plan in (good, bad):
        ledger.refresh(PARTNER, plan)
    withdrawals = Withdrawals(engine, Clock(), PARTNER)
    found = withdrawals.of_window(Window(at, end()), "withdraw-1", "bad delivery")
    assert [one.external_id for one in found] == [bad.external_id]
    assert [one.external_id for one in withdrawals.of_window(Window(begin, at), "withdraw-1", "x")] == [NAME]


def test_a_refused_resend_stays_open_whatever_runs_see_the_title_unchanged(ledger, engine):
    accept(ledger)
    refused(ledger, RESEND)
    ledger.refresh(PARTNER, PLAN)
    assert current_of(engine) == (RESEND.delivery_key, DeliveryState.FAILED, Cause.MEDIA)
    assert status(engine).accepted_key == KEY
    memory = ledger.memories(PARTNER, [NAME])[NAME]
    placed = compare(PLAN, memory)
    assert (placed.change, placed.delivery_key) == (Change.CHANGED, RESEND.delivery_key)
    assert {mode for mode in Mode if is_taken_up(placed, memory, mode)} == set(Mode)
    accept(ledger, placed)
    assert current_of(engine) == (RESEND.delivery_key, DeliveryState.ACCEPTED, None)
    assert compare(PLAN, ledger.memories(PARTNER, [NAME])[NAME]).change is Change.UNCHANGED
    assert found_differences(engine) == []


def test_a_resend_that_was_planned_and_never_sent_is_open_too(ledger):
    accept(ledger)
    ledger.plan(PARTNER, "run-2", [RESEND])
    placed = compare(PLAN, ledger.memories(PARTNER, [NAME])[NAME])
    assert (placed.change, placed.delivery_key) == (Change.CHANGED, RESEND.delivery_key)


def test_another_resend_that_ends_well_settles_the_one_that_was_refused(ledger, engine):
    accept(ledger)
    refused(ledger, RESEND)
    again = plan_of(the_annex(), PLAN.title, resend="run-3")
    accept(ledger, again)
    assert current_of(engine) == (again.delivery_key, DeliveryState.ACCEPTED, None)
    assert compare(PLAN, ledger.memories(PARTNER, [NAME])[NAME]).change is Change.UNCHANGED


def test_a_withdrawal_settles_a_refused_resend(ledger, engine):
    accept(ledger)
    refused(ledger, RESEND)
    Withdrawals(engine, Clock(), PARTNER).begin(KEY, "withdraw-1", "the rights ended", None)
    assert current_of(engine) == (KEY, DeliveryState.WITHDRAWN, None)
    assert found_differences(engine) == []


def test_content_that_the_catalogue_took_back_is_settled_once_a_run_sees_what_is_accepted(ledger, engine):
    accept(ledger)
    ledger.plan(PARTNER, RUN, [OTHER])
    ledger.reject(OTHER.delivery_key, Cause.MEDIA, Owner.CONTENT_OPERATIONS, "hevc", ["VID006"])
    assert current_of(engine) == (OTHER.delivery_key, DeliveryState.REJECTED, Cause.MEDIA)
    ledger.refresh(PARTNER, PLAN)
    assert current_of(engine) == (KEY, DeliveryState.ACCEPTED, None)
    assert actions(ledger, PARTNER, NAME).count("confirm") == 1
    ledger.refresh(PARTNER, PLAN)
    assert actions(ledger, PARTNER, NAME).count("confirm") == 1
    assert found_differences(engine) == []


def test_an_older_ingest_that_ends_badly_leaves_a_title_that_newer_content_is_accepted_of(ledger, engine):
    receive(ledger)
    accept(ledger, OTHER)
    ledger.fail(KEY, Cause.STUCK, "no end")
    assert current_of(engine) == (OTHER.delivery_key, DeliveryState.ACCEPTED, None)
    assert found_differences(engine) == []


def test_since_when_a_title_stands_so_is_not_moved_by_trying_the_same_again(ledger, engine):
    ledger.plan(PARTNER, RUN, [PLAN])
    planned_at = status(engine).since
    ledger.plan(PARTNER, "run-2", [PLAN])
    assert status(engine).since == planned_at
    ledger.begin_send(KEY, RUN)
    sent_at = status(engine).since
    ledger.begin_send(KEY, "run-2")
    assert status(engine).since == sent_at > planned_at


def test_a_move_that_nobody_could_read_from_the_events_is_refused(ledger, engine):
    ledger.plan(PARTNER, RUN, [PLAN])
    with pytest.raises(ValueError, match="'teleport' is no transition"), engine.begin() as connection:
        Transitions(Clock()).apply(connection, KEY, DeliveryState.SENDING, "teleport")
    assert status(engine).state is DeliveryState.PLANNED


def _step(chance, ledger, withdrawals, plans):
    plan = chance.choice(plans)
    key = plan.delivery_key
    step = chance.randrange(14)
    if step <= 1:
        ledger.plan(PARTNER, f"run-{chance.randrange(9)}", chance.sample(plans, 2), chance.choice(list(Channel)))
    elif step == 2:
        ledger.reject(key, Cause.IMAGES, Owner.DESIGN, "poster", ["IMG003"])
    elif step == 3:
        ledger.begin_send(key, "run-1")
    elif step == 4:
        ledger.mark_received(key, f"t-{chance.randrange(99)}", 1, 1.0)
    elif step == 5:
        ledger.fail(key, chance.choice(list(Cause)), "failed", ended_by_partner=chance.random() < 0.5)
    elif step == 6:
        ledger.observe(key, chance.choice([DeliveryState.PROCESSING, DeliveryState.COMPLETED]))
    elif step == 7:
        ledger.accept(PARTNER, plan, [])
    elif step == 8:
        if any(one.state is DeliveryState.ACCEPTED for one in ledger.deliveries([key]).values()):
            ledger.refresh(PARTNER, plan)
    elif step == 9:
        ledger.withdraw(PARTNER, key, "run-1", "invisible")
    elif step == 10:
        withdrawals.begin(key, f"withdraw-{chance.randrange(3)}", "the rights ended", chance.choice([None, END_AT]))
    elif step == 11:
        ledger.leave(key, "it is over", for_good=chance.random() < 0.5)
    elif step == 12:
        ledger.end_unattended(key, "run-1", "gone")
    else:
        accept(ledger, plan)


@pytest.mark.parametrize("seed", range(4))
def test_whatever_happens_in_whatever_order_table_and_events_say_the_same(ledger, engine, seed):
    chance, clock = random.Random(seed), Clock()
    ledger, withdrawals = Ledger(engine, clock), Withdrawals(engine, clock, PARTNER)
    movie = a_plan(a_movie())
    plans = [PLAN, RESEND, OTHER, movie, movie.model_copy(update={"delivery_key": "c" * 64, "content_key": "c" * 64})]
    done = 0
    for _ in range(150):
        try:
            _step(chance, ledger, withdrawals, plans)
            done += 1
        except TransitionRefused:
            continue
        assert found_differences(engine) == []
    assert done > 40


def test_a_row_that_is_not_what_the_events_say_is_named_with_every_difference(ledger, engine):
    accept(ledger)
    complete(ledger, a_plan(a_movie()))
    with engine.begin() as connection:
        connection.execute(TITLE_STATUS.update().where(TITLE_STATUS.c.external_id == NAME).values(state="failed"))
        connection.execute(TITLE_STATUS.delete().where(TITLE_STATUS.c.external_id != NAME))
        lost = {"external_id": "GHOST", "partner": PARTNER, "delivery_key": KEY, "state": "failed", "since": Clock()()}
        connection.execute(TITLE_STATUS.insert().values({**facts_of_plan(), **lost}))
        connection.execute(TITLE_WORDS.insert().values(partner=PARTNER, word=b"ghost", edye_id=PLAN.title.id))
    assert sorted(found_differences(engine)) == [
        f"{a_plan(a_movie()).external_id} at {PARTNER}: its events say completed, and it has no row in title_status",
        f"{NAME} at {PARTNER}: state is failed in title_status, accepted by its events",
        f"GHOST at {PARTNER}: it has a row in title_status, and no event that changes a delivery",
    ]


def test_a_refused_step_leaves_the_title_where_it_stood(ledger, engine):
    accept(ledger)
    before = status(engine)
    with pytest.raises(DeliveryError):
        ledger.begin_send(KEY, RUN)
    assert status(engine) == before


RENAMED = OTHER.model_copy(update={"title": PLAN.title.model_copy(update={"titles": {"es": "El Ñandú de la Montaña"}})})


def words_at(engine, plan):
    query = select(TITLE_WORDS.c.word).where(TITLE_WORDS.c.edye_id == plan.title.id, TITLE_WORDS.c.partner == PARTNER)
    with engine.connect() as connection:
        return {bytes(word) for word in connection.execute(query).scalars()}


def folded_at(engine):
    query = select(TITLE_STATUS.c.folded_title, TITLE_STATUS.c.lang, TITLE_STATUS.c.kind, TITLE_STATUS.c.edye_id)
    with engine.connect() as connection:
        return tuple(connection.execute(query).one())


def test_a_title_with_another_name_is_found_by_it_from_the_step_that_makes_it_current(ledger, engine):
    accept(ledger)
    ledger.plan(PARTNER, RUN, [RENAMED])
    assert folded_at(engine) == (b"el nandu de la montana", PLAN.title.lang or "", PLAN.title.kind, PLAN.title.id)
    assert {b"el", b"nandu", b"montana", PLAN.title.id.lower().encode(), NAME.lower().encode()} <= words_at(
        engine, PLAN
    )
    ledger.reject(RENAMED.delivery_key, Cause.METADATA, Owner.CONTENT_OPERATIONS, "no synopsis", [])
    ledger.refresh(PARTNER, PLAN)
    assert folded_at(engine)[0] == folded_title(PLAN.title.name)
    assert found_differences(engine) == []


def test_a_row_that_says_what_its_delivery_does_not_say_is_named(ledger, engine):
    accept(ledger)
    with engine.begin() as connection:
        connection.execute(TITLE_STATUS.update().values(kind="short", folded_title=b"x"))
        connection.execute(TITLE_WORDS.delete().where(TITLE_WORDS.c.word == PLAN.title.id.lower().encode()))
    kind, words = PLAN.title.kind, folded_title(PLAN.title.name)
    assert found_differences(engine) == [
        f"{NAME} at {PARTNER}: kind is short in title_status, {kind} in its current delivery",
        f"{NAME} at {PARTNER}: folded_title is b'x' in title_status, {words} in its current delivery",
        f"{NAME} at {PARTNER}: title_words lacks words that find it",
    ]
