"""Withdrawals of which the partner is still to be told: by whom, for how long, and which are none."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from edye_delivery.catalog.alarm import AlarmKind
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger import untold_withdrawals as reading
from edye_delivery.ledger.tables import REVISIONS
from edye_delivery.pipeline.untold_withdrawals import BEGINS_WITHIN, TOLD_WITHIN, withdrawal_alarms
from tests.builders import the_annex
from tests.unit.pipeline.builders import ANNEX, AT, PARTNER, bring, plan_for

PATH = {"path": "/titles/{external_id}"}
TELLS = the_annex(withdrawal={"endpoint": PATH})
PLANS = [plan_for(number) for number in range(1, 4)]
NAMES = [plan.external_id for plan in PLANS]
LATER = AT + BEGINS_WITHIN + timedelta(seconds=1)
BY_HAND = {"withdrawal_reason": "rights have ended"}


@pytest.fixture
def withdraw(engine, ledger):
    for plan in PLANS:
        bring(ledger, plan, DeliveryState.ACCEPTED)

    def write(*names, **values):
        of_titles = REVISIONS.c.external_id.in_(names)
        with engine.begin() as connection:
            connection.execute(update(REVISIONS).where(of_titles).values(withdrawn_at=AT, **values))

    return write


def alarms_at(engine, now, annex=ANNEX):
    with engine.connect() as connection:
        return list(withdrawal_alarms(connection, {PARTNER: annex}, now))


def test_where_no_api_tells_the_partner_a_person_is_asked_to_for_some_days(engine, withdraw):
    withdraw(NAMES[0], NAMES[1], **BY_HAND)
    (found,) = alarms_at(engine, AT)
    assert (found.kind, found.partner, found.since) == (AlarmKind.WITHDRAWAL_NOT_TOLD, PARTNER, AT)
    assert found.sentence == (
        f"tell {ANNEX.display_name} of 2 titles withdrawn in the last 7 days, because no API does (out of the feeds): "
        f"{NAMES[0]}, {NAMES[1]}"
    )
    assert alarms_at(engine, AT + TOLD_WITHIN + timedelta(seconds=1)) == []


def test_what_the_catalogue_withdrew_is_told_by_a_person_also_where_there_is_an_api(engine, withdraw):
    withdraw(NAMES[0])
    (found,) = alarms_at(engine, AT, TELLS)
    assert "because no API does (the catalogue does not offer them any more)" in found.sentence


def test_where_an_api_tells_the_run_has_its_time_and_is_cleared_after_it(engine, withdraw):
    withdraw(NAMES[0], **BY_HAND)
    assert alarms_at(engine, AT, TELLS) == []
    (found,) = alarms_at(engine, LATER, TELLS)
    assert found.sentence.startswith("the partner was not told of 1 title that a person withdrew; clear withdraw of")
    withdraw(NAMES[0], **BY_HAND, withdrawal_told_at=AT)
    assert alarms_at(engine, LATER, TELLS) == []


def test_an_end_date_that_the_api_does_not_take_is_told_by_a_person(engine, withdraw):
    withdraw(NAMES[0], **BY_HAND, end_at=AT + timedelta(days=30))
    (found,) = alarms_at(engine, AT, TELLS)
    assert "(offered until a date)" in found.sentence


def test_a_partner_that_pulls_is_told_by_tombstones_and_offered_titles_are_nobodys_task(engine, withdraw):
    withdraw(NAMES[0], **BY_HAND)
    pulls = ANNEX.model_copy(update={"api": None, "ftp": None, "pull": object()})
    assert alarms_at(engine, AT, pulls) == []
    withdraw(NAMES[0], withdrawal_reason=None, end_at=None)
    assert len(alarms_at(engine, AT)) == 1


def test_of_very_many_withdrawals_the_first_are_named_and_a_least_number_is_said(engine, withdraw, monkeypatch):
    monkeypatch.setattr(reading, "READ_MAX", 2)
    monkeypatch.setattr(reading, "NAMED_MAX", 1)
    withdraw(*NAMES, **BY_HAND)
    (found,) = alarms_at(engine, AT)
    assert "of at least 2 titles withdrawn" in found.sentence
    assert found.sentence.endswith(" and 1 more")
