"""What is wrong with a partner's client now, in sentences for the report: circuit, errors in a row, untold alerts."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

PARTNER = "roku_premium_subs_mx"
CLIENT = Client(PARTNER, "client-1", error_threshold=1, technical_error_threshold=2)


def fail_title(ledger, number, cause=Cause.TRANSIENT):
    plan = a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
    ledger.plan(PARTNER, "run-1", [plan])
    ledger.begin_send(plan.delivery_key, "run-1")
    ledger.fail(plan.delivery_key, cause, "the partner answered 503")


def test_a_client_that_is_well_has_nothing_to_say(ledger_url):
    fail_title(Ledger(open_engine(ledger_url), Clock(), CLIENT), 1)
    assert Alerts(open_engine(ledger_url), Clock()).sentences_of(CLIENT) == ()


def test_circuit_errors_and_untold_alert_are_a_sentence_each(ledger_url):
    ledger, alerts = Ledger(open_engine(ledger_url), Clock(), CLIENT), Alerts(open_engine(ledger_url), Clock())
    for number in (1, 2):
        fail_title(ledger, number)
    circuit, errors, untold = alerts.sentences_of(CLIENT)
    assert circuit.startswith("the circuit is open since ")
    assert "(transient, 2 technical errors in a row)" in circuit
    assert errors.startswith("2 errors in a row since ")
    assert untold.startswith("1 alert of this partner was not sent")
    for alert in alerts.claim():
        alerts.mark_told(alert)
    assert alerts.sentences_of(CLIENT) == (circuit, errors)
