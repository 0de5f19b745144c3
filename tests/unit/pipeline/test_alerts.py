"""Alerts: each is sent once, an alert that was not sent is kept, and no delivery fails because of an alert."""

from __future__ import annotations

import logging

import pytest

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.errors import ConfigurationInvalid, NoRecipient, Transient
from edye_delivery.ledger.alerts import CLAIM_S, Alert, Alerts
from edye_delivery.ledger.consecutive_errors import BEGAN, Client
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.alerts import Alerter, body_of, title_of
from tests.builders import the_annex
from tests.unit.pipeline.builders import ANNEX, PARTNER, RUN, bring, plan_for

THRESHOLD = ANNEX.alert.consecutive_errors
CRITICAL = Alert(1, PARTNER, "client-9", BEGAN, THRESHOLD + 1, "the partner answered 503")
OVER = Alert(2, PARTNER, "client-9", "over", 12, "EDYE_1_EN was accepted")


class Messenger:
    """Takes messages; raises what it is given first."""

    def __init__(self, *errors):
        self.errors, self.told = list(errors), []

    def tell(self, title, body, *, is_critical):
        if self.errors:
            raise self.errors.pop(0)
        self.told.append((title, body, is_critical))


@pytest.fixture
def alerts(engine, time):
    return Alerts(engine, time)


@pytest.fixture
def in_trouble(engine, time):
    """A ledger with one error in a row more than its annex allows."""
    ledger = Ledger(engine, time, Client.of(the_annex(alert={"consecutive_errors": 1})))
    for number in range(2):
        plan = plan_for(number)
        ledger.plan(PARTNER, RUN, [plan])
        ledger.fail(plan.delivery_key, Cause.TRANSIENT, "the partner answered 503")
    return ledger


def test_without_an_alert_nobody_is_asked_for_a_messenger(alerts):
    def no_messenger():
        raise AssertionError("nobody needs one")

    Alerter(alerts, no_messenger).send()


def test_an_alert_is_told_once_and_is_critical_in_the_log(in_trouble, alerts, caplog):
    messenger = Messenger()
    for _ in range(2):
        Alerter(alerts, lambda: messenger).send()
    [(title, body, is_critical)] = messenger.told
    assert (is_critical, alerts.untold_count()) == (True, 0)
    assert ANNEX.client_id in title
    assert "the partner answered 503" in body
    assert [record.levelno for record in caplog.records] == [logging.CRITICAL]


def test_the_end_of_errors_in_a_row_is_told_as_good_news(in_trouble, alerts):
    messenger = Messenger()
    Alerter(alerts, lambda: messenger).send()
    bring(in_trouble, plan_for(99), DeliveryState.ACCEPTED)
    Alerter(alerts, lambda: messenger).send()
    assert [is_critical for _, _, is_critical in messenger.told] == [True, False]


@pytest.mark.parametrize(
    "error",
    [Transient("the webhook answered 503"), ConfigurationInvalid("no service"), ValueError("json://s3cret@host")],
    ids=["no answer", "bad connection", "a service's own error"],
)
def test_what_did_not_go_out_is_told_by_the_next_step_and_fails_nothing(in_trouble, alerts, caplog, error):
    messenger = Messenger(error)
    Alerter(alerts, lambda: messenger).send()
    assert (messenger.told, alerts.untold_count()) == ([], 1)
    Alerter(alerts, lambda: messenger).send()
    assert (len(messenger.told), alerts.untold_count()) == (1, 0)
    assert [record.levelno for record in caplog.records].count(logging.CRITICAL) == 2
    assert "s3cret" not in caplog.text


def test_without_a_recipient_the_alert_is_kept_and_said_again_only_once_its_claim_is_over(
    in_trouble, alerts, time, caplog
):
    messenger = Messenger(NoRecipient("there is no connection alerts"))
    for _ in range(2):
        Alerter(alerts, lambda: messenger).send()
    assert caplog.text.count("there is no connection alerts") == 1
    assert (messenger.told, alerts.untold_count()) == ([], 1)
    time.pass_by(CLAIM_S + 1)
    Alerter(alerts, lambda: messenger).send()
    assert (len(messenger.told), alerts.untold_count()) == (1, 0)
    assert [record.levelno for record in caplog.records].count(logging.CRITICAL) == 1


def test_one_alert_that_does_not_go_out_holds_up_no_other(in_trouble, alerts):
    bring(in_trouble, plan_for(99), DeliveryState.ACCEPTED)
    messenger = Messenger(Transient("503"))
    Alerter(alerts, lambda: messenger).send()
    assert [is_critical for _, _, is_critical in messenger.told] == [False]
    assert alerts.untold_count() == 1


def test_an_alert_says_of_whom_it_is_what_happened_and_whose_turn_it_is():
    assert "client-9" in title_of(CRITICAL)
    assert f" {THRESHOLD} " in title_of(CRITICAL)
    for word in (PARTNER, "the partner answered 503", "DevOps", "confirm_window", "docs/runbook.md"):
        assert word in body_of(CRITICAL)


def test_the_end_of_errors_asks_nobody_to_act():
    assert "client-9" in title_of(OVER)
    assert "EDYE_1_EN" in body_of(OVER)
    assert "DevOps" not in body_of(OVER)
    assert title_of(OVER) != title_of(CRITICAL)
