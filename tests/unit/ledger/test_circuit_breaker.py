"""The circuit of a client: when it opens, who is tried first, what closes it; on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.ledger.circuit_breaker import CLOSED, OPENED, TRIAL_LEASE_S, CircuitBreaker, Permission
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import Call
from tests.builders import a_movie, a_plan, the_annex
from tests.unit.ledger.conftest import Clock

ANNEX = the_annex(circuit_breaker={"technical_errors": 3})
CLIENT = Client.of(ANNEX)
RUN = "run-1"


class Rig:
    """A ledger with a client, and runs that look at its circuit."""

    def __init__(self, url: str) -> None:
        self.engine, self.clock = open_engine(url), Clock()
        self.ledger = Ledger(self.engine, self.clock, CLIENT)

    def run(self) -> CircuitBreaker:
        """A run that begins now."""
        return CircuitBreaker(self.engine, self.clock, CLIENT, self.clock())

    def key(self, number: int) -> str:
        plan = a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
        self.ledger.plan(ANNEX.partner, RUN, [plan])
        return plan.delivery_key

    def fail(self, number: int, cause: Cause = Cause.TRANSIENT, **told) -> None:
        key = self.key(number)
        self.ledger.begin_send(key, RUN)
        self.ledger.fail(key, cause, "the partner answered 503", **told)

    def receive(self, number: int) -> None:
        key = self.key(number)
        self.ledger.begin_send(key, RUN)
        self.ledger.mark_received(key, f"t-{number}", 1, 1.0)

    def events(self) -> list[str]:
        with self.engine.connect() as connection:
            query = select(EVENTS.c.action).where(EVENTS.c.action.in_((OPENED, CLOSED))).order_by(EVENTS.c.id)
            return list(connection.execute(query).scalars())


@pytest.fixture
def rig(ledger_url):
    rig = Rig(ledger_url)
    yield rig
    rig.engine.dispose()


def test_so_many_technical_errors_in_a_row_open_it_and_the_run_sends_nothing_more(rig):
    run = rig.run()
    for number in range(2):
        rig.fail(number)
    assert run.allow(rig.key(9)).permission is Permission.SEND
    rig.fail(2, Cause.UNKNOWN)
    decision = run.allow(rig.key(9))
    assert (decision.permission, decision.cause) == (Permission.HOLD_BACK, Cause.UNKNOWN)
    assert "3 technical errors in a row" in decision.sentence
    assert rig.events() == [OPENED]


def test_the_next_run_tries_one_title_first_and_its_receipt_lets_the_others_go(rig):
    for number in range(3):
        rig.fail(number)
    run, other_batch = rig.run(), rig.run()
    assert run.allow(rig.key(10)).permission is Permission.SEND
    assert run.allow(rig.key(11)).permission is Permission.WAIT
    assert other_batch.allow(rig.key(12)).permission is Permission.WAIT
    assert run.allow(rig.key(10)).permission is Permission.SEND  # its next try
    rig.receive(10)
    assert {each.allow(rig.key(11)).permission for each in (run, other_batch)} == {Permission.SEND}
    assert rig.events() == [OPENED, CLOSED]


def test_a_trial_that_fails_holds_the_others_of_its_run_back_and_the_run_after_it_tries_again(rig):
    for number in range(3):
        rig.fail(number)
    run = rig.run()
    assert run.allow(rig.key(10)).permission is Permission.SEND
    rig.fail(10)
    assert run.allow(rig.key(11)).permission is Permission.HOLD_BACK
    assert rig.run().allow(rig.key(11)).permission is Permission.SEND
    assert rig.events() == [OPENED]


def test_a_refused_token_opens_it_at_once(rig):
    run = rig.run()
    rig.fail(1, Cause.AUTH, call=Call(0.1, 401))
    decision = run.allow(rig.key(2))
    assert (decision.permission, decision.cause) == (Permission.HOLD_BACK, Cause.AUTH)
    assert decision.sentence.startswith("the token was refused")


def test_a_refusal_in_the_partners_words_shows_that_it_is_well(rig):
    for number in range(3):
        rig.fail(number)
    run = rig.run()
    run.allow(rig.key(10))
    rig.fail(10, Cause.METADATA, call=Call(0.1, 422, "METADATA_INCOMPLETE"))
    assert run.allow(rig.key(11)).permission is Permission.SEND
    assert rig.events() == [OPENED, CLOSED]


def test_media_that_cannot_be_read_says_nothing_of_the_partner_and_another_title_is_tried(rig):
    for number in range(3):
        rig.fail(number)
    run = rig.run()
    run.allow(rig.key(10))
    rig.fail(10, Cause.MEDIA)
    assert run.allow(rig.key(11)).permission is Permission.SEND
    assert run.allow(rig.key(12)).permission is Permission.WAIT


def test_what_was_never_sent_and_what_was_held_back_do_not_count(rig):
    for number in range(9):
        rig.fail(number, was_tried=False)
        rig.fail(number + 20, held_back=True)
    assert rig.run().allow(rig.key(50)).permission is Permission.SEND
    assert rig.events() == []


def test_a_receipt_between_errors_begins_the_count_anew(rig):
    for number in range(2):
        rig.fail(number)
    rig.receive(5)
    for number in range(6, 8):
        rig.fail(number)
    assert rig.events() == []


def test_a_trial_whose_process_died_is_anybodys_after_a_while(rig):
    for number in range(3):
        rig.fail(number)
    run = rig.run()
    run.allow(rig.key(10))
    rig.clock.at += timedelta(seconds=TRIAL_LEASE_S + 1)
    assert run.allow(rig.key(11)).permission is Permission.SEND
    assert run.allow(rig.key(10)).permission is Permission.WAIT


def test_another_clients_circuit_is_its_own(rig):
    for number in range(3):
        rig.fail(number)
    other = CircuitBreaker(rig.engine, rig.clock, Client("sibling", "sibling", 10, 3), datetime(2026, 1, 1, tzinfo=UTC))
    assert other.allow(rig.key(10)).permission is Permission.SEND
