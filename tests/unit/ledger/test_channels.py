"""Two channels and one ledger: what one has begun the other leaves alone; a file that is whole is remembered."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.records import TransitionRefused
from tests.builders import a_plan
from tests.history import history
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN, delivery_of, plan_delivery


def test_who_begins_a_delivery_has_it(ledger):
    plan_delivery(ledger)
    assert delivery_of(ledger).channel is None
    assert ledger.begin_send(KEY, RUN, Channel.FTP).channel is Channel.FTP
    assert delivery_of(ledger).is_left_to(Channel.API)
    assert not delivery_of(ledger).is_left_to(Channel.FTP)
    with pytest.raises(TransitionRefused, match="is sending by the channel ftp"):
        ledger.begin_send(KEY, "run-2", Channel.API)
    assert ledger.begin_send(KEY, "run-2", Channel.FTP).attempts == 2


def test_what_failed_on_one_channel_may_go_over_the_other(ledger):
    plan_delivery(ledger)
    ledger.begin_send(KEY, RUN, Channel.API)
    ledger.fail(KEY, Cause.TRANSIENT, "the partner answered 503")
    assert not delivery_of(ledger).is_left_to(Channel.FTP)
    ledger.plan(PARTNER, "run-2", [PLAN], Channel.FTP)
    assert ledger.begin_send(KEY, "run-2", Channel.FTP).channel is Channel.FTP


@pytest.mark.parametrize("cause", [Cause.STUCK, Cause.NOT_PICKED_UP])
def test_what_the_partner_still_has_is_waited_for_again_by_its_own_channel_alone(ledger, cause):
    plan_delivery(ledger)
    ledger.begin_send(KEY, RUN, Channel.FTP)
    ledger.mark_received(KEY, "TITLE.json", 10, 1.0)
    ledger.fail(KEY, cause, "nobody took it")
    ledger.plan(PARTNER, "run-2", [PLAN], Channel.API)
    assert (delivery_of(ledger).state, delivery_of(ledger).cause) == (DeliveryState.FAILED, cause)
    assert delivery_of(ledger).is_left_to(Channel.API)
    ledger.plan(PARTNER, "run-3", [PLAN], Channel.FTP)
    assert (delivery_of(ledger).state, delivery_of(ledger).tracking_id) == (DeliveryState.RECEIVED, "TITLE.json")


def test_tries_over_ftp_do_not_count_as_calls_without_answer(ledger):
    plan_delivery(ledger)
    assert ledger.begin_send(KEY, RUN, Channel.FTP).unanswered == 0
    other = a_plan().model_copy(update={"delivery_key": "b" * 64})
    plan_delivery(ledger, other)
    assert ledger.begin_send(other.delivery_key, RUN, Channel.API).unanswered == 1


def test_a_whole_file_is_remembered_and_is_an_event(ledger):
    plan_delivery(ledger)
    ledger.begin_send(KEY, RUN, Channel.FTP)
    for name in ("a.mp4.1.part", "a.json.1.part"):
        ledger.note_whole(KEY, name)
    assert delivery_of(ledger).whole_files == ("a.mp4.1.part", "a.json.1.part")
    told = [(event.action, event.detail) for event in history(ledger, PARTNER, PLAN.external_id)]
    assert told[-2:] == [("upload", "a.mp4.1.part"), ("upload", "a.json.1.part")]
