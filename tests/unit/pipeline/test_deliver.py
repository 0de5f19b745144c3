"""The sender: which titles it sends, what each failure does to a title, and what stops the whole batch."""

from __future__ import annotations

import pickle
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pytest
from sqlalchemy import select

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.plan import Encode
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.errors import (
    AuthRefused,
    CircuitOpen,
    HostNotAllowed,
    MediaMismatch,
    MediaRefused,
    NameRefused,
    TooSlow,
    Transient,
    UrlRefused,
)
from edye_delivery.ledger.circuit_breaker import CircuitBreaker, Decision, Permission
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.leases import Holder
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import CIRCUIT_BREAKERS, CONSECUTIVE_ERRORS
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.deliver import NotSent, Sender
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused, UploadReceipt
from tests.builders import the_annex
from tests.history import actions
from tests.unit.pipeline.builders import (
    AT,
    BAD_GENRE,
    NOT_MEASURED,
    PARTNER,
    RUN,
    bring,
    checked_for,
    delivery_of,
    plan_for,
    state_of,
)

PLAN = plan_for()
KEY, NAME = PLAN.delivery_key, PLAN.external_id
STATES = DeliveryState
THREE_TRIES = RetryPolicy(attempts=3, base_s=2.0, cap_s=60.0, retry_after_max_s=100.0)
UNANSWERED = Transient("the partner answered 503").with_answer(503)


@dataclass
class Way:
    """A way to a partner: for each title, what its tries give in turn, a receipt when there is nothing more."""

    answers: dict[str, list[Exception]] = field(default_factory=dict)
    channel: Channel = Channel.API
    titles_at_once: int = 1
    lease_s: float = 60.0
    advances: bool = False
    sent: list[str] = field(default_factory=list)
    seen: list[Any] = field(default_factory=list)
    retry_policy: RetryPolicy = THREE_TRIES
    lock: Any = field(default_factory=Lock)

    def upload(self, checked, delivery):
        with self.lock:
            name = checked.plan.external_id
            self.sent.append(name)
            self.seen.append(delivery)
            answers = self.answers.get(name, [])
            if answers:
                raise answers.pop(0)
            return UploadReceipt(f"t-{checked.plan.title.id}", 9, 202)

    def has_advanced(self, delivery_key):
        return self.advances


@pytest.fixture
def sender(ledger, pauses):
    def make(way, **changes):
        values = {"run_id": "run-1", "ingest_wait_s": 0.0} | changes
        return Sender(PARTNER, way, ledger, pauses.clock, **values)

    return make


def test_an_empty_batch_sends_nothing(sender):
    assert sender(Way()).send_batch(()) == {}


def test_a_title_is_sent_and_its_receipt_is_kept(sender, ledger):
    way = Way()
    assert sender(way, holder=Holder("me", 2)).send_batch((checked_for(PLAN),)) == {"received": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.tracking_id, delivery.bytes_sent) == (STATES.RECEIVED, "t-m-1", 9)
    assert actions(ledger, PARTNER, NAME) == ["plan", "send", "receive"]


def test_the_try_is_in_the_ledger_under_its_lease_before_the_call_begins(sender):
    way = Way()
    sender(way, holder=Holder("me", 2)).send_batch((checked_for(PLAN),))
    [seen] = way.seen
    assert (seen.state, seen.attempts, seen.run_id) == (STATES.SENDING, 1, "run-1")
    assert (seen.lease_holder, seen.lease_try, seen.lease_run_id) == ("me", 2, "run-1")


def test_a_title_with_a_blocking_finding_is_rejected_and_not_sent(sender, ledger):
    way = Way()
    assert sender(way).send_batch((checked_for(PLAN, findings=(BAD_GENRE, BAD_GENRE)),)) == {"rejected": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.cause, delivery.owner) == (Cause.METADATA, Owner.CONTENT_OPERATIONS)
    assert delivery.rules == ("META008",)
    assert "noir" in delivery.detail
    assert way.sent == []


def test_a_title_that_could_not_be_checked_now_fails_as_transient_and_is_not_rejected(sender, ledger):
    assert sender(Way()).send_batch((checked_for(PLAN, findings=(NOT_MEASURED,)),)) == {"failed": 1}
    assert delivery_of(ledger, PLAN).cause is Cause.TRANSIENT


def test_a_lasting_finding_beside_a_transient_one_decides_cause_and_owner(sender, ledger):
    titles = (checked_for(PLAN, findings=(NOT_MEASURED, BAD_GENRE)),)
    assert sender(Way()).send_batch(titles) == {"rejected": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.cause, delivery.rules) == (Cause.METADATA, ("VID011", "META008"))


def test_titles_that_are_only_rejected_go_before_the_uploads(sender, ledger):
    order = []

    class Watching(Way):
        def upload(self, checked, delivery):
            order.append(state_of(ledger, plan_for(2)))
            return super().upload(checked, delivery)

    titles = (checked_for(PLAN), checked_for(plan_for(2), findings=(BAD_GENRE,)))
    assert sender(Watching()).send_batch(titles) == {"received": 1, "rejected": 1}
    assert order == [STATES.REJECTED]


@pytest.mark.parametrize(
    ("state", "sends"),
    [
        (STATES.PLANNED, True),
        (STATES.REJECTED, True),
        (STATES.FAILED, True),
        (STATES.RECEIVED, False),
        (STATES.PROCESSING, False),
        (STATES.COMPLETED, False),
        (STATES.ACCEPTED, False),
    ],
)
def test_what_the_partner_has_or_has_ended_is_not_sent_again(sender, ledger, state, sends):
    bring(ledger, PLAN, state, run_id="run-0")
    way = Way()
    counts = sender(way).send_batch((checked_for(PLAN),))
    assert counts == {("received" if sends else state.value): 1}
    assert way.sent == ([NAME] if sends else [])


def test_a_killed_run_whose_lease_is_over_is_succeeded_under_the_same_key(sender, ledger):
    ledger.plan(PARTNER, "run-0", [PLAN])
    ledger.begin_send(KEY, "run-0", holder=Holder("dead"), lease_s=-1)
    way = Way()
    assert sender(way).send_batch((checked_for(PLAN),)) == {"received": 1}
    assert (way.seen[0].attempts, way.seen[0].unanswered, way.seen[0].idempotency_key) == (2, 2, KEY)


def test_a_title_that_another_run_sends_is_left_alone_and_says_whose_it_is(sender, ledger):
    ledger.plan(PARTNER, "run-0", [PLAN])
    ledger.begin_send(KEY, "run-0", holder=Holder("theirs"), lease_s=3600)
    way = Way(lease_s=0.0)
    assert sender(way).send_batch((checked_for(PLAN), checked_for(plan_for(2)))) == {"received": 1, "sending": 1}
    assert way.sent == [plan_for(2).external_id]
    assert delivery_of(ledger, PLAN).lease_holder == "theirs"


def test_what_another_channel_has_begun_is_left_to_it_without_a_wait(sender, ledger, pauses):
    bring(ledger, PLAN, STATES.SENDING, channel=Channel.FTP)
    way = Way()
    assert sender(way).send_batch((checked_for(PLAN),)) == {"sending": 1}
    assert (way.sent, pauses.noted) == ([], [])


def test_a_title_that_a_person_withdrew_meanwhile_is_not_sent_and_ends_as_withdrawn(sender, ledger, engine, time):
    bring(ledger, PLAN, STATES.ACCEPTED)
    newer = plan_for(titles={"en": "The Red Kite"})
    Withdrawals(engine, time, PARTNER).begin(KEY, "run-0", "rights have ended", None)
    way = Way()
    assert sender(way).send_batch((checked_for(newer),)) == {"withdrawn": 1}
    assert way.sent == []


FAILURES = {
    "no answer": (UNANSWERED, Cause.TRANSIENT, 3),
    "token": (AuthRefused("the token was refused"), Cause.AUTH, 1),
    "host": (HostNotAllowed("not on the list"), Cause.AUTH, 1),
    "name": (NameRefused("not plain"), Cause.METADATA, 1),
    "url": (UrlRefused("no URL"), Cause.MEDIA, 1),
    "another file": (MediaMismatch("another SHA-256"), Cause.MEDIA, 1),
    "media host": (MediaRefused("packed"), Cause.TRANSIENT, 1),
    "refused": (PartnerRefused(Cause.IMAGES, "no poster", ended_ingest=True), Cause.IMAGES, 1),
    "a bug": (ZeroDivisionError("division by zero"), Cause.UNKNOWN, 1),
}


@pytest.mark.parametrize(("error", "cause", "tries"), FAILURES.values(), ids=FAILURES)
def test_each_failure_has_its_cause_and_costs_no_neighbour(sender, ledger, error, cause, tries):
    other = plan_for(2)
    way = Way({NAME: [error] * 9})
    batch = sender(way)
    titles = (checked_for(other), checked_for(PLAN))
    if isinstance(error, AuthRefused):
        with pytest.raises(AuthRefused):
            batch.send_batch(titles)
    else:
        assert batch.send_batch(titles) == {"failed": 1, "received": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.cause) == (STATES.FAILED, cause)
    assert way.sent.count(NAME) == tries
    assert str(error) in delivery.detail
    assert state_of(ledger, other) is STATES.RECEIVED


@pytest.mark.parametrize(("ended", "refused_cause", "key"), [(True, Cause.MEDIA, f"{KEY}-1"), (False, None, KEY)])
def test_a_refusal_that_ended_an_ingest_makes_the_next_try_a_new_one(sender, ledger, ended, refused_cause, key):
    sender(Way({NAME: [PartnerRefused(Cause.MEDIA, "no", ended)]})).send_batch((checked_for(PLAN),))
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.refused_cause, delivery.idempotency_key) == (refused_cause, key)


def test_an_unanswered_call_is_tried_again_and_each_try_is_an_event(sender, ledger, pauses):
    way = Way({NAME: [UNANSWERED, UNANSWERED]})
    assert sender(way).send_batch((checked_for(PLAN),)) == {"received": 1}
    assert actions(ledger, PARTNER, NAME) == ["plan", "send", "retry", "send", "retry", "send", "receive"]
    assert pauses.noted == [1.0, 2.0]
    assert [one.idempotency_key for one in way.seen] == [KEY] * 3
    assert len({one.request_id for one in way.seen}) == 3


@pytest.mark.parametrize(
    ("error", "advances", "tries"), [(UNANSWERED, True, 6), (UNANSWERED, False, 3), (TooSlow("slow"), True, 3)]
)
def test_a_try_after_which_more_has_arrived_uses_none_up_unless_it_was_too_slow(sender, ledger, error, advances, tries):
    way = Way({NAME: [error] * 5}, advances=advances)
    sender(way).send_batch((checked_for(PLAN),))
    assert len(way.sent) == tries


def test_a_long_pause_renews_the_lease_meanwhile(sender, ledger, pauses):
    way = Way({NAME: [Transient("later", retry_after_s=50.0)]}, lease_s=60.0)
    ends = []
    pauses.during = lambda: ends.append(delivery_of(ledger, PLAN).lease_expires_at)
    assert sender(way).send_batch((checked_for(PLAN),)) == {"received": 1}
    assert pauses.noted == [20.0, 20.0, 11.0]
    assert ends == sorted(set(ends))


def test_a_sender_that_was_succeeded_while_it_slept_stops(sender, ledger, pauses):
    def succeed():
        pauses.during = lambda: None
        ledger.renew(KEY, "me", -1)
        ledger.begin_send(KEY, "run-2", holder=Holder("theirs"), lease_s=3600)

    pauses.during = succeed
    way = Way({NAME: [Transient("later", retry_after_s=50.0)]}, lease_s=60.0)
    assert sender(way, holder=Holder("me")).send_batch((checked_for(PLAN),)) == {"sending": 1}
    assert (len(way.sent), delivery_of(ledger, PLAN).lease_holder) == (1, "theirs")


def test_after_a_refused_token_the_rest_is_held_back_as_auth_and_the_error_is_raised(sender, ledger):
    other = plan_for(2)
    way = Way({NAME: [AuthRefused("the token was refused")]})
    with pytest.raises(AuthRefused):
        sender(way).send_batch((checked_for(PLAN), checked_for(other)))
    assert way.sent == [NAME]
    assert [delivery_of(ledger, plan).cause for plan in (PLAN, other)] == [Cause.AUTH, Cause.AUTH]
    assert delivery_of(ledger, other).attempts == 0


def test_an_open_circuit_holds_back_the_other_titles_and_the_step_says_so(engine, time, pauses):
    client = Client.of(the_annex(circuit_breaker={"technical_errors": 2}))
    ledger, circuit = Ledger(engine, time, client), CircuitBreaker(engine, time, client, AT)
    plans = [plan_for(number) for number in range(1, 5)]
    way = Way({plan.external_id: [UNANSWERED] for plan in plans})
    way.retry_policy = RetryPolicy(attempts=1, base_s=2.0, cap_s=60.0)
    with pytest.raises(CircuitOpen):
        Sender(PARTNER, way, ledger, pauses.clock, RUN, circuit=circuit).send_batch(tuple(map(checked_for, plans)))
    assert len(way.sent) == 2
    left = delivery_of(ledger, plans[-1])
    assert (left.state, left.cause, left.attempts) == (STATES.FAILED, Cause.TRANSIENT, 0)


def test_a_title_waits_while_another_one_is_tried_first(sender, ledger, pauses):
    class TrialFirst:
        looks = 0

        def allow(self, key):
            self.looks += 1
            return Decision(Permission.WAIT if self.looks < 3 else Permission.SEND)

    assert sender(Way(), circuit=TrialFirst()).send_batch((checked_for(PLAN),)) == {"received": 1}
    assert pauses.noted == [1.0, 1.0]


def test_once_the_batchs_time_is_over_a_title_is_left_to_the_next_run(sender, ledger):
    way = Way()
    assert sender(way, ends_at_s=0.0).send_batch((checked_for(PLAN),)) == {"failed": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.cause, delivery.attempts, way.sent) == (Cause.TRANSIENT, 0, [])


def test_every_failed_title_lets_alerts_go_out(sender):
    class Alerter:
        sent = 0

        def send(self):
            self.sent += 1

    alerter = Alerter()
    way = Way({NAME: [MediaMismatch("x")]})
    sender(way, alerter=alerter).send_batch((checked_for(PLAN), checked_for(plan_for(2))))
    assert alerter.sent == 1


def test_the_name_of_the_encode_that_was_sent_is_kept(sender, ledger):
    encode = Encode(name="e.mp4", size_bytes=9, sha256="0", profile_digest="p", source="hevc in matroska")
    sender(Way()).send_batch((checked_for(PLAN, encode=encode),))
    assert delivery_of(ledger, PLAN).encode_name == "e.mp4"


@pytest.mark.parametrize(
    ("ends", "by_person", "sent"),
    [("reject", False, True), ("fail", False, False), ("fail", True, True)],
    ids=["rejected", "failed", "failed, and a person asks for it"],
)
def test_a_title_that_another_run_ended_since_it_was_planned_is_sent_only_where_it_may(
    sender, ledger, ends, by_person, sent
):
    other = plan_for(2).model_copy(update={"asked_by_person": by_person})

    class Meanwhile(Way):
        def upload(self, checked, delivery):
            if checked.plan == PLAN and ends == "reject":
                ledger.reject(other.delivery_key, Cause.METADATA, Owner.DESIGN, "an older annex", ["META008"])
            elif checked.plan == PLAN:
                ledger.fail(other.delivery_key, Cause.TRANSIENT, "the other run's try")
            return super().upload(checked, delivery)

    way = Meanwhile()
    sender(way).send_batch((checked_for(PLAN), checked_for(other)))
    assert (other.external_id in way.sent) is sent


def counted(engine):
    """Errors in a row of the partner's client, and technical ones among them."""
    with engine.connect() as connection:
        errors = connection.execute(select(CONSECUTIVE_ERRORS.c.errors)).scalar()
        return errors or 0, connection.execute(select(CIRCUIT_BREAKERS.c.technical_errors)).scalar() or 0


@pytest.mark.parametrize(
    ("error", "errors"),
    [(UNANSWERED, (1, 1)), (MediaRefused("packed"), (1, 0)), (AuthRefused("the token was refused"), (1, 1))],
    ids=["no answer", "the media host's", "held back after the token"],
)
def test_only_what_the_partner_was_tried_with_counts_as_an_error_in_a_row(sender, engine, error, errors):
    titles = (checked_for(PLAN), checked_for(plan_for(2))) if isinstance(error, AuthRefused) else (checked_for(PLAN),)
    with suppress(AuthRefused):
        sender(Way({NAME: [error] * 3})).send_batch(titles)
    assert counted(engine) == errors


def test_a_resend_that_a_person_asked_for_undoes_the_withdrawal_by_hand(sender, ledger, engine, time):
    bring(ledger, PLAN, STATES.ACCEPTED)
    Withdrawals(engine, time, PARTNER).begin(KEY, "run-0", "rights have ended", None)
    changes = {"delivery_key": "resend", "asked_by_person": True, "withdrawn_at": AT}
    assert sender(Way()).send_batch((checked_for(PLAN.model_copy(update=changes)),)) == {"received": 1}


@pytest.mark.parametrize(
    "error",
    [NotSent(Cause.AUTH, "the token was refused"), PartnerRefused(Cause.MEDIA, "formato no soportado", True)],
    ids=["not sent", "refused"],
)
def test_an_error_with_a_cause_is_the_same_in_another_process(error):
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301  our own
    assert (type(copy), str(copy), vars(copy)) == (type(error), str(error), vars(error))
