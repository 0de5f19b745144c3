"""What the form of an action offers: titles that may be meant, those that are held, the channel, a paused DAG."""

from __future__ import annotations

from contextlib import contextmanager

import pytest

from edye_delivery.catalog.vocabulary import Cause
from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.test_actions import (
    READ_AND_START,
    READER,
    REASON,
    REDELIVER,
    WITHDRAW,
    order,
    post,
    run_id_of,
    runs_of,
)
from tests.components.desk.titles import accept, episode, fail_after_receipt, movie, open_ledger


@contextmanager
def paused(dag_id):
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    for is_paused in (True, False):
        with create_session() as session:
            session.execute(update(DagModel).where(DagModel.dag_id == dag_id).values(is_paused=is_paused))
        if is_paused:
            yield


@pytest.fixture
def ledger(ledger_file):
    with open_ledger(ledger_file) as opened:
        yield opened


def test_a_release_is_of_the_titles_that_are_held_and_says_which_are_left_out(login, ledger):
    held, open_one, accepted = (episode(number, f"Cuento {number}") for number in (1, 2, 3))
    fail_after_receipt(ledger, held)
    fail_after_receipt(ledger, open_one, cause=Cause.TRANSIENT)
    accept(ledger, accepted)
    ids = "\n".join([held.external_id, open_one.external_id, accepted.external_id, "EDYE_TYPO"])
    client, sent = login("operator", READ_AND_START), order("release", external_ids=ids)
    text = post(client, "preview", sent).text
    for words in (
        "1 of 4: Held: checked, and sent as it is now",
        "1 of 4: Left out: it is not held, but failed",
        "1 of 4: Left out: it is not held, but accepted",
        "1 of 4: Left out: the ledger does not know it",
    ):
        assert words in text
    run_id = run_id_of(post(client, "dry-run", sent))
    conf = {"external_ids": [held.external_id], "reason": REASON, "correction": "by_cause", "dry_run": True}
    assert runs_of(REDELIVER, run_id) == {run_id: (conf, "operator")}


def test_a_release_without_a_held_title_starts_nothing(login, ledger):
    accept(ledger, plan := movie())
    client, sent = login("operator", READ_AND_START), order("release", external_ids=plan.external_id)
    text = post(client, "preview", sent).text
    assert "nothing to release" in text
    assert "Dry run</button>" not in text
    answer = post(client, "dry-run", sent)
    assert answer.status_code == 422
    assert "nothing to release" in answer.text


def test_an_id_with_a_slip_is_answered_with_the_titles_that_may_be_meant(login, ledger):
    accept(ledger, plan := episode(1, "El mar <b>"))
    wrong = plan.external_id.replace("PLANETA", "PLANTEA")
    client = login("admin")
    text = post(client, "preview", order(external_ids=f"{wrong}\nEDYE_B")).text
    assert f"Did you mean another title than <code>{wrong}</code>" in text
    assert f'name="instead" value="{wrong}&#10;{plan.external_id}"' in text
    assert "<bdi>El mar &lt;b&gt;</bdi>" in text
    chosen = order(external_ids=f"{wrong}\nEDYE_B", instead=f"{wrong}\n{plan.external_id}")
    assert f"{plan.external_id}&#10;EDYE_B&#10;</textarea>" in post(client, "preview", chosen).text


def test_a_title_is_found_by_its_name_and_added_to_the_order(login, ledger):
    accept(ledger, plan := episode(1, "El mar de noche"))
    client = login("admin")
    text = post(client, "preview", order(find="mar noch")).text
    assert f'name="instead" value="{plan.external_id}">Add {plan.external_id}</button>' in text
    assert "knows no title like" in post(client, "preview", order(find="<i>nada")).text
    added = post(client, "preview", order(instead=plan.external_id)).text
    assert f"EDYE_A&#10;{plan.external_id}&#10;</textarea>" in added


def test_ids_are_suggested_as_one_types_at_the_partner_of_the_order_alone(login, ledger):
    accept(ledger, plan := episode(1, "El mar de noche"))
    asked = {"partner": PARTNER, "find": plan.external_id[:8]}
    found = [{"external_id": plan.external_id, "title": plan.title.name}]
    assert login("reader", READER).get("/edye/actions/ids", params=asked).json() == found
    assert login("admin").get("/edye/actions/ids", params=asked | {"partner": OTHER_PARTNER}).json() == []
    assert login("reader", READER).get("/edye/actions/ids", params={"partner": PARTNER}).json() == []
    stranger = login("stranger", {f"publish_pull__{OTHER_PARTNER}": ("GET",)})
    assert stranger.get("/edye/actions/ids", params=asked).status_code == 404


def test_a_window_goes_by_ftp_where_the_user_chooses_that_with_a_reason(login):
    dag_id = f"deliver_ftp__{PARTNER}"
    client = login("operator", READ_AND_START | {dag_id: ("GET", "POST")})
    params = {"action": "window", "partner": PARTNER}
    assert 'name="reason"' not in client.get("/edye/actions", params=params).text
    text = client.get("/edye/actions", params=params | {"channel": "ftp"}).text
    assert f"the DAG {dag_id}" in text
    assert 'name="reason"' in text
    window = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}
    sent = order("window", external_ids="", channel="ftp", reason="the API answers 503 since yesterday", **window)
    run_id = run_id_of(post(client, "dry-run", sent))
    assert runs_of(dag_id, run_id)[run_id][0] == window | {"reason": sent["reason"], "dry_run": True}
    assert "Dry run for" in client.get("/edye/actions/run", params={"dag_id": dag_id, "run_id": run_id}).text


def test_a_paused_dag_is_said_before_and_after_the_order(login):
    client = login("operator", READ_AND_START)
    params = {"action": "withdraw", "partner": PARTNER}
    assert "This DAG is paused" not in client.get("/edye/actions", params=params).text
    run_id = run_id_of(post(client, "dry-run", order("withdraw")))
    with paused(WITHDRAW):
        assert "This DAG is paused" in client.get("/edye/actions", params=params).text
        where = {"dag_id": WITHDRAW, "run_id": run_id}
        text = client.get("/edye/actions/run", params=where).text
        assert "The DAG is paused: the run waits" in text
        assert f'data-airflow href="/dags/{WITHDRAW}"' in text
