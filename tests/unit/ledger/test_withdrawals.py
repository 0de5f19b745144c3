"""Withdrawals by hand in the ledger: written before anybody is told, safe to repeat, undone by nobody but a person."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.leases import WithdrawnByHand
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan, an_episode
from tests.history import actions
from tests.unit.ledger.conftest import Clock
from tests.unit.ledger.test_ledger import (
    KEY,
    PARTNER,
    PLAN,
    accept,
    complete,
    delivery_of,
    offer_of,
    plan_delivery,
    receive,
)

RUN, WHY = "withdraw-1", "the rights ended"
END_AT = datetime(2030, 1, 1, tzinfo=UTC)
NAME = PLAN.external_id


@pytest.fixture
def withdrawals(ledger_url, ledger):
    engine = open_engine(ledger_url)
    yield Withdrawals(engine, Clock(), PARTNER)
    engine.dispose()


def names(found):
    return [one.external_id for one in found]


def undoing(withdrawals, plan=PLAN):
    """The plan of a person who sees how the title is withdrawn now."""
    withdrawn_at = withdrawals.revisions([plan.external_id])[plan.external_id].withdrawn_at
    return plan.model_copy(update={"asked_by_person": True, "withdrawn_at": withdrawn_at})


def test_what_is_offered_can_be_withdrawn_by_name_or_by_when_it_was_accepted(ledger, withdrawals):
    other = a_plan(a_movie())
    accept(ledger)
    receive(ledger, other)
    assert names(withdrawals.of_titles([NAME, other.external_id, "nobody"], RUN, WHY)) == [NAME]
    at = withdrawals.revisions([NAME])[NAME].accepted_at
    second = timedelta(seconds=1)
    assert names(withdrawals.of_window(Window(at, at + second), RUN, WHY)) == [NAME]
    assert names(withdrawals.of_window(Window(at - second, at), RUN, WHY)) == []


def test_a_withdrawal_is_kept_once_however_often_it_is_written(ledger, withdrawals):
    accept(ledger)
    withdrawals.begin(KEY, RUN, WHY, None)
    before = withdrawals.revisions([NAME])[NAME]
    withdrawals.begin(KEY, RUN, WHY, None)
    assert withdrawals.revisions([NAME])[NAME] == before
    assert (before.is_withdrawn_by_hand, before.withdrawal_told_at, before.end_at) == (True, None, None)
    assert (delivery_of(ledger).state, offer_of(ledger)) == (DeliveryState.WITHDRAWN, {})
    assert actions(ledger, PARTNER, NAME).count("withdraw") == 1
    assert names(withdrawals.of_titles([NAME], RUN, WHY)) == [NAME]
    assert names(withdrawals.of_titles([NAME], "another run", WHY)) == []


def test_a_withdrawal_keeps_the_delivery_s_run_and_its_events_name_the_withdrawing_run(ledger, ledger_url, withdrawals):
    accept(ledger)
    own = delivery_of(ledger).run_id
    assert own != RUN
    withdrawals.begin(KEY, RUN, WHY, datetime(2030, 1, 1, tzinfo=UTC))
    withdrawals.mark_told(KEY, "r-1", Call(0.1, 200))
    withdrawals.begin(KEY, "withdraw-2", "sooner", None)
    withdrawals.mark_not_told(KEY, "the partner answered 503", "r-2", Call(0.1, 503))
    assert delivery_of(ledger).run_id == own
    engine = open_engine(ledger_url)
    with engine.connect() as connection:
        rows = connection.execute(select(EVENTS.c.action, EVENTS.c.run_id).order_by(EVENTS.c.id)).all()
    engine.dispose()
    assert [tuple(row) for row in rows][-4:] == [
        ("withdraw", RUN), ("tell withdrawal", RUN),
        ("withdraw", "withdraw-2"), ("withdrawal not told", "withdraw-2"),
    ]  # fmt: skip


def test_what_the_catalogue_takes_back_leaves_the_delivery_its_own_run(ledger):
    accept(ledger)
    own = delivery_of(ledger).run_id
    ledger.withdraw(PARTNER, KEY, "run-9", "invisible")
    assert (delivery_of(ledger).state, delivery_of(ledger).run_id) == (DeliveryState.WITHDRAWN, own)
    assert [one.external_id for one in ledger.offered_deliveries(PARTNER, [PLAN.title.id], "run-9")] == [NAME]


def test_an_end_date_leaves_the_title_in_the_feeds_until_then(ledger, withdrawals):
    accept(ledger)
    end_at = datetime(2030, 1, 1, tzinfo=UTC)
    withdrawals.begin(KEY, RUN, WHY, end_at)
    withdrawals.mark_told(KEY, "r-1", Call(0.1, 200))
    withdrawals.begin(KEY, RUN, WHY, end_at)
    revision = withdrawals.revisions([NAME])[NAME]
    assert revision.end_at == end_at
    assert revision.withdrawal_told_at is not None
    assert offer_of(ledger)[NAME].availability.end == end_at
    withdrawals.begin(KEY, "withdraw-2", "sooner", None)
    assert offer_of(ledger) == {}


def test_an_end_that_the_catalogue_sets_sooner_stays(ledger, withdrawals):
    title = a_movie(availability={"start": None, "end": "2029-01-01T00:00:00Z"})
    plan = a_plan(title)
    accept(ledger, plan)
    withdrawals.begin(plan.delivery_key, RUN, WHY, datetime(2030, 1, 1, tzinfo=UTC))
    assert offer_of(ledger)[plan.external_id].availability.end == datetime(2029, 1, 1, tzinfo=UTC)


def test_what_the_partner_was_told_is_in_the_ledger_and_in_the_trail(ledger, withdrawals):
    accept(ledger)
    withdrawals.begin(KEY, RUN, WHY, None)
    withdrawals.mark_not_told(KEY, "the partner answered 503", "r-1", Call(0.1, 503))
    withdrawals.mark_told(KEY, "r-2", Call(0.1, 204))
    assert withdrawals.revisions([NAME])[NAME].withdrawal_told_at is not None
    assert actions(ledger, PARTNER, NAME)[-3:] == ["withdraw", "withdrawal not told", "tell withdrawal"]


def test_only_a_persons_plan_offers_it_again(ledger, withdrawals):
    accept(ledger)
    withdrawals.begin(KEY, RUN, WHY, None)
    withdrawals.mark_told(KEY, "r-1", Call(0.1, 200))
    ledger.refresh(PARTNER, PLAN)
    ledger.plan(PARTNER, RUN, [PLAN])
    with pytest.raises(WithdrawnByHand, match=WHY):
        ledger.begin_send(KEY, RUN)
    assert withdrawals.revisions([NAME])[NAME].is_withdrawn_by_hand
    plan = undoing(withdrawals)
    complete(ledger, plan)
    ledger.accept(PARTNER, plan, [])
    revision = withdrawals.revisions([NAME])[NAME]
    assert (revision.withdrawn_at, revision.withdrawal_reason, revision.withdrawal_told_at) == (None, None, None)
    assert list(offer_of(ledger)) == [NAME]


def test_a_person_undoes_the_withdrawal_that_was_seen_and_no_later_one(ledger, withdrawals):
    accept(ledger)
    withdrawals.begin(KEY, RUN, WHY, END_AT)
    plan = undoing(withdrawals)
    complete(ledger, plan)
    withdrawals.begin(KEY, "withdraw-2", "now", None)
    ledger.accept(PARTNER, plan, [])
    assert withdrawals.revisions([NAME])[NAME].withdrawal_reason == "now"
    ledger.refresh(PARTNER, plan)
    assert offer_of(ledger) == {}
    with pytest.raises(WithdrawnByHand):
        begin_resend(ledger, plan)


def begin_resend(ledger, plan):
    resend = plan.model_copy(update={"delivery_key": "e" * 64})
    plan_delivery(ledger, resend)
    ledger.begin_send(resend.delivery_key, "redeliver-1", undone_withdrawal_at=resend.undone_withdrawal_at)


def test_a_withdrawal_reaches_the_title_though_newer_content_was_accepted_since_its_plan(ledger, withdrawals):
    accept(ledger)
    newer = a_plan(an_episode(synopsis_short={"es": "Otra cosa."}))
    accept(ledger, newer)
    assert withdrawals.begin(KEY, RUN, WHY, None)
    assert offer_of(ledger) == {}
    assert delivery_of(ledger, newer.delivery_key).state is DeliveryState.WITHDRAWN
    withdrawals.mark_told(KEY, "r-1", Call(0.1, 200))
    assert withdrawals.revisions([NAME])[NAME].withdrawal_told_at is not None


def test_what_another_run_has_withdrawn_is_not_this_runs_to_tell(ledger, withdrawals):
    accept(ledger)
    assert withdrawals.begin(KEY, "withdraw-2", WHY, None)
    assert not withdrawals.begin(KEY, RUN, WHY, None)
    assert withdrawals.begin(KEY, "withdraw-2", WHY, None)


def test_a_title_that_is_being_sent_again_can_be_withdrawn_and_its_acceptance_does_not_undo_it(ledger, withdrawals):
    accept(ledger)
    newer = PLAN.model_copy(update={"delivery_key": "d" * 64, "content_key": "d" * 64})
    receive(ledger, newer)
    withdrawals.begin(KEY, RUN, WHY, None)
    ledger.observe(newer.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, newer, [])
    assert offer_of(ledger) == {}
    assert withdrawals.revisions([NAME])[NAME].delivery_key == newer.delivery_key


def test_what_the_catalogue_takes_back_leaves_the_feeds_whatever_end_date_it_has(ledger, withdrawals):
    accept(ledger)
    withdrawals.begin(KEY, RUN, WHY, datetime(2030, 1, 1, tzinfo=UTC))
    assert [one.external_id for one in ledger.offered_deliveries(PARTNER, [PLAN.title.id], "run-9")] == [NAME]
    ledger.withdraw(PARTNER, KEY, "run-9", "invisible")
    assert offer_of(ledger) == {}
    assert withdrawals.revisions([NAME])[NAME].is_withdrawn_by_hand


def test_another_partners_title_of_the_same_name_is_left_alone(ledger, ledger_url, withdrawals):
    accept(ledger)
    engine = open_engine(ledger_url)
    others = Withdrawals(engine, Clock(), "another")
    assert others.of_titles([NAME], RUN, WHY) == []
    others.begin(KEY, RUN, WHY, None)
    assert list(offer_of(ledger)) == [NAME]
    engine.dispose()
