"""Alerts against a real webhook: told once, tried again, never at the cost of a delivery."""

from __future__ import annotations

import json
import logging
import os

import pytest

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.errors import ConfigurationInvalid, Transient
from edye_delivery.hooks import connection_safety
from edye_delivery.hooks.alerts import AlertHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.steps.base import alerter
from tests.builders import a_movie, a_plan, the_annex
from tests.webhook import running_webhook

ANNEX = the_annex()
RUN = "run-1"


@pytest.fixture
def webhook():
    with running_webhook() as server:
        yield server


@pytest.fixture
def connected(monkeypatch, tmp_path, webhook):
    """The connections `delivery_ledger` and `alerts`, the latter with a secret in its address."""
    ledger = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", json.dumps(ledger))
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps(webhook.connection))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def fail(numbers) -> None:
    ledger = LedgerHook().get_conn(ANNEX)
    for number in numbers:
        plan = a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
        ledger.plan(ANNEX.partner, RUN, [plan])
        ledger.fail(plan.delivery_key, Cause.TRANSIENT, "the partner answered 503")


def accept(number: int) -> None:
    ledger, plan = LedgerHook().get_conn(ANNEX), a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
    ledger.plan(ANNEX.partner, RUN, [plan])
    ledger.begin_send(plan.delivery_key, RUN)
    ledger.mark_received(plan.delivery_key, "t-1", 1, 1.0)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(ANNEX.partner, plan, [])


@pytest.mark.usefixtures("connected")
def test_eleven_errors_wake_somebody_once_and_their_end_is_told(webhook, caplog):
    fail(range(10))
    alerter().send()
    assert webhook.messages == []
    fail(range(10, 25))
    for _ in range(3):
        alerter().send()
    [message] = webhook.messages
    assert message["type"] == "failure"
    assert ANNEX.client_id in message["title"]
    assert "the partner answered 503" in message["message"]
    assert "docs/runbook.md" in message["message"]
    assert [record.levelno for record in caplog.records if "errors in a row" in record.message] == [logging.CRITICAL]
    accept(30)
    alerter().send()
    assert [said["type"] for said in webhook.messages] == ["failure", "success"]
    assert "s3cret" not in caplog.text


@pytest.mark.usefixtures("connected")
def test_a_webhook_that_is_down_costs_no_delivery_and_is_tried_again_by_the_next_step(webhook, caplog):
    webhook.answers = [503]
    fail(range(11))
    alerter().send()
    assert webhook.messages == []
    assert "the alert was not sent" in caplog.text
    assert "s3cret" not in caplog.text
    alerter().send()
    assert len(webhook.messages) == 1


def test_without_a_connection_the_log_has_the_alert_and_it_goes_out_once_there_is_one(
    connected, webhook, monkeypatch, caplog
):
    address = os.environ["AIRFLOW_CONN_ALERTS"]
    monkeypatch.delenv("AIRFLOW_CONN_ALERTS")
    fail(range(11))
    alerter().send()
    assert any(record.levelno == logging.CRITICAL for record in caplog.records)
    assert "there is no connection alerts" in caplog.text
    alerter().send()
    assert caplog.text.count("there is no connection alerts") == 1
    assert LedgerHook().alerts().untold_count() == 1
    monkeypatch.setattr("edye_delivery.ledger.alerts.CLAIM_S", 0)
    alerter().send()
    assert caplog.text.count("there is no connection alerts") == 2
    assert [record.levelno for record in caplog.records].count(logging.CRITICAL) == 1
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS", address)
    alerter().send()
    assert (len(webhook.messages), LedgerHook().alerts().untold_count()) == (1, 0)


@pytest.mark.parametrize("extra", [{}, {"config": 5}, {"config": [{"tag": "x"}]}, {"config": "{"}, {"config": []},
                                   {"config": [{"path": "nonsense"}]}], ids=str)  # fmt: skip
def test_a_connection_that_names_no_service_is_told_and_loses_no_alert(connected, webhook, monkeypatch, caplog, extra):
    good = json.loads(os.environ["AIRFLOW_CONN_ALERTS"])
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps({"conn_type": "apprise", "extra": extra}))
    with pytest.raises(ConfigurationInvalid, match="the connection alerts"):
        AlertHook().tell("title", "body", is_critical=True)
    fail(range(11))
    alerter().send()
    assert "the alert was not sent" in caplog.text
    monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps(good))
    alerter().send()
    assert len(webhook.messages) == 1


@pytest.mark.usefixtures("connected")
def test_a_refused_message_is_transient(webhook):
    webhook.answers = [500]
    with pytest.raises(Transient, match="did not take the message"):
        AlertHook().tell("title", "body", is_critical=True)


def test_what_apprise_says_of_a_service_is_logged_without_its_address(connected, webhook, caplog):
    webhook.answers = [500]
    with pytest.raises(Transient):
        AlertHook().tell("title", "body", is_critical=True)
    assert "Apprise: " in caplog.text
    assert "s3cret-t0ken" not in caplog.text


@pytest.fixture
def tell(monkeypatch):
    """Tells the service of an address, which has no time to answer."""
    monkeypatch.setattr(connection_safety, "_WARNED", set())

    def tell(address, **extra):
        fields = {"conn_type": "apprise", "extra": {"config": [{"path": address}], "timeout_s": 0.01, **extra}}
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps(fields))
        AlertHook().tell("title", "body", is_critical=True)

    return tell


PLAIN = {
    "json://user:s3cret-pw@hooks.example/x": "jsons",
    "gotify://hooks.example/s3cret-t0ken": "gotifys",
    "ntfy://user:s3cret-pw@hooks.example/topic": "ntfys",
    "mmost://hooks.example/s3cretabcdefghijklm": "mmosts",
    "mailto://user:s3cret-pw@hooks.example": "mailtos",
    "kodi://user:s3cret-pw@hooks.example": "kodis",
}


@pytest.mark.parametrize(("address", "secure"), PLAIN.items(), ids=PLAIN.values())
def test_an_alert_that_would_go_unencrypted_to_another_machine_is_refused(tell, address, secure):
    with pytest.raises(ConfigurationInvalid, match=f"on hooks.example without encryption.* {secure}://") as refused:
        tell(address)
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("address", PLAIN, ids=PLAIN.values())
def test_a_connection_may_permit_it_and_is_warned_of(tell, caplog, address):
    with pytest.raises(Transient):
        tell(address, allow_plain_http=True)
    assert "the connection alerts tells hooks.example without encryption, as its extra allow_plain_http" in caplog.text


@pytest.mark.parametrize(
    "address",
    ["json://127.0.0.1:1/x", "gotify://[::1]:1/token", "jsons://hooks.example/x", "ntfy://topic", "mailto://a:b@mail.example?mode=starttls",
     "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"],
)  # fmt: skip
def test_this_machine_and_what_is_encrypted_need_no_permission(tell, caplog, address):
    with pytest.raises(Transient):
        tell(address)
    assert "encryption" not in caplog.text
    assert "certificate" not in caplog.text


def test_a_service_whose_certificate_is_not_checked_is_warned_of(tell, caplog):
    with pytest.raises(Transient):
        tell("jsons://hooks.example/x?verify=no")
    assert "the connection alerts does not check a service's certificate (verify=no in its address)" in caplog.text
