"""The page Today: alarms, turns, totals and last runs of the partners that the user may see, and of no other."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import add_run

READER = {f"deliver_api__{PARTNER}": ("GET",)}
OTHER_READER = {f"publish_pull__{OTHER_PARTNER}": ("GET",)}
HOSTILE = "<script>alert(1)</script> \u202egnp.exe"
RUN_ID = "scheduled__of-the-test"


@pytest.fixture
def fail_titles(ledger_file):
    """Has so many titles of a partner fail, the partner's words being hostile."""
    from edye_delivery.catalog.vocabulary import Cause
    from edye_delivery.ledger.consecutive_errors import Client
    from edye_delivery.ledger.database import open_engine
    from edye_delivery.ledger.ledger import Ledger
    from tests.builders import a_movie, a_plan, the_annex

    engine = open_engine(f"sqlite:///{ledger_file}")

    def fail(number, partner=PARTNER):
        ledger = Ledger(engine, lambda: datetime.now(UTC), Client.of(the_annex(partner=partner)))
        for one in range(number):
            plan = a_plan(a_movie(id=f"mv-{one}", title_id=f"EDYE_MOV_{one:06}"))
            ledger.plan(partner, "run-1", [plan])
            ledger.begin_send(plan.delivery_key, "run-1")
            ledger.fail(plan.delivery_key, Cause.TRANSIENT, HOSTILE)

    yield fail
    engine.dispose()


@pytest.fixture
def leave_unattended(ledger_file):
    """Has a run plan a title of a partner, and end without anything more."""
    from edye_delivery.ledger.database import open_engine
    from edye_delivery.ledger.ledger import Ledger
    from tests.builders import a_movie, a_plan

    engine = open_engine(f"sqlite:///{ledger_file}")

    def plan(partner):
        Ledger(engine, lambda: datetime.now(UTC) - timedelta(days=9)).plan(partner, "run-1", [a_plan(a_movie())])

    yield plan
    engine.dispose()


@pytest.fixture
def degrade(ledger_file):
    """Has what a partner pulls be degraded."""
    from edye_delivery.ledger.database import open_engine
    from edye_delivery.ledger.pull_tables import DEGRADATIONS

    def write(partner, detail):
        engine = open_engine(f"sqlite:///{ledger_file}")
        at = datetime.now(UTC)
        row = {"user": "", "kind": "silent", "calls": 0, "detail": detail, "began_at": at, "broken_at": at}
        with engine.begin() as connection:
            connection.execute(DEGRADATIONS.insert().values(partner=partner, subject="silence", **row))
        engine.dispose()

    return write


@pytest.fixture
def remove_runs(airflow_app):
    """Takes the runs of a test out of Airflow's metadata."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    yield
    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.run_id == RUN_ID))


def ask_for_approval(dag_id, subject):
    """A run that waits for an approval, as the triggerer would leave it."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import select

    add_run(dag_id, RUN_ID, "running", steps={"approve_withdrawal": "deferred"})
    with create_session() as session:
        found = session.scalar(select(TaskInstance.id).where(TaskInstance.run_id == RUN_ID))
        choices = {"options": ["Approve", "Reject"], "multiple": False, "params": {}}
        session.add(HITLDetail(ti_id=found, subject=subject, **choices))


def test_a_pending_approval_is_seen_by_who_may_read_decisions_alone(login, remove_runs, monkeypatch):
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity

    from tests.components.desk.auth_manager import DagAuthManager

    dag_id = f"withdraw__{PARTNER}"
    ask_for_approval(dag_id, "Withdraw 25 titles")
    client = login("reader", {dag_id: ("GET",)})
    assert "Withdraw 25 titles" in client.get("/edye/").text
    usual = DagAuthManager.is_authorized_dag

    def without_decisions(self, *, access_entity=None, **asked):
        return access_entity is not DagAccessEntity.HITL_DETAIL and usual(self, access_entity=access_entity, **asked)

    monkeypatch.setattr(DagAuthManager, "is_authorized_dag", without_decisions)
    assert "Withdraw 25 titles" not in client.get("/edye/").text


def test_an_empty_ledger_has_no_turn_and_every_partner_with_its_zeros(login):
    text = login("reader", READER).get("/edye/").text
    assert "Every title has ended well." in text
    assert "<caption>Titles of each partner" in text


def test_whose_turn_it_is_leads_to_the_list_of_these_titles(login, fail_titles):
    fail_titles(2)
    text = login("reader", READER).get("/edye/").text
    assert "<caption>DevOps: 2 titles</caption>" in text
    address = f"/edye/distribution?partner={PARTNER}&amp;state=failed&amp;cause=transient&amp;owner=DevOps"
    assert f'<a href="{address}">2</a>' in text
    assert "Run the window again: the title is tried again under the same external_id." in text


def test_titles_for_which_nobody_waits_are_listed_by_their_alarm_and_their_number(login, leave_unattended):
    leave_unattended(PARTNER)
    text = login("reader", READER).get("/edye/").text
    address = f"/edye/distribution?partner={PARTNER}&amp;waits=nobody"
    assert f'<a href="{address}">List the titles</a>' in text
    assert f"partner={PARTNER}&amp;state=planned&amp;waits=nobody" in text


def test_totals_and_last_runs_lead_to_their_lists(login):
    text = login("reader", READER).get("/edye/").text
    assert f'<a href="/edye/distribution?partner={PARTNER}&amp;state=accepted">' in text
    assert f'<a href="/edye/windows?partner={PARTNER}">windows' in text


def test_an_open_circuit_is_on_top_with_the_section_of_the_runbook(login, fail_titles):
    fail_titles(12)
    text = login("reader", READER).get("/edye/").text
    assert 'class="card alarm"' in text
    assert "The circuit is open since" in text
    assert "Runbook: The circuit is open" in text
    assert text.index("errors in a row since") < text.index("Whose turn it is")


def test_another_partners_titles_and_alarms_are_not_seen(login, fail_titles):
    fail_titles(12)
    text = login("other", OTHER_READER).get("/edye/").text
    assert "Every title has ended well." in text
    assert "circuit" not in text
    assert PARTNER not in text


def test_foreign_text_is_escaped_and_its_characters_are_visible(login, degrade):
    degrade(OTHER_PARTNER, HOSTILE)
    text = login("other", OTHER_READER).get("/edye/").text
    assert "What the partner pulls is degraded (silent)" in text
    assert "<script>alert" not in text
    assert "\u202e" not in text


def test_a_scheduled_dag_that_is_paused_is_said(login):
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import update

    dag_id = f"deliver_api__{PARTNER}"
    of_dag = update(DagModel).where(DagModel.dag_id == dag_id)
    said = f"{dag_id}</a> is paused: its schedule starts no run"
    client = login("reader", READER)
    assert said not in client.get("/edye/").text
    with create_session() as session:
        session.execute(of_dag.values(is_paused=True))
    try:
        assert said in client.get("/edye/").text
        assert "is paused" not in login("other", OTHER_READER).get("/edye/").text
    finally:
        with create_session() as session:
            session.execute(of_dag.values(is_paused=False))


@pytest.mark.usefixtures("remove_runs")
def test_the_last_run_of_a_dag_has_its_result_and_leads_to_its_page(login):
    add_run(f"deliver_api__{PARTNER}", RUN_ID)
    text = login("reader", READER).get("/edye/").text
    assert f"/edye/run?dag_id=deliver_api__{PARTNER}&amp;run_id={RUN_ID}" in text
    assert '<span class="badge failed">failed</span>' in text
    assert RUN_ID not in login("other", OTHER_READER).get("/edye/").text


@pytest.mark.usefixtures("remove_runs")
def test_an_approval_that_is_pending_is_seen_by_who_may_read_its_dag(login):
    dag_id = f"withdraw__{PARTNER}"
    ask_for_approval(dag_id, f"Withdraw 25 titles? {HOSTILE}")
    text = login("approver", {dag_id: ("GET",)}).get("/edye/").text
    assert f"Approval pending: {dag_id}" in text
    assert f'href="/dags/{dag_id}/runs/{RUN_ID}/required_actions"' in text
    assert "Withdraw 25 titles?" in text
    assert "<script>alert" not in text
    assert "Approval pending" not in login("reader", READER).get("/edye/").text


def test_totals_are_kept_and_counted_anew_after_the_page_that_showed_old_ones(login, fail_titles, monkeypatch):
    from edye_delivery.desk import title_totals

    kept = title_totals.KEPT_TOTALS
    client = login("reader", READER)
    client.get("/edye/")
    first = kept.of([PARTNER])[PARTNER]
    fail_titles(1)
    assert kept.of([PARTNER])[PARTNER] is first
    client.get("/edye/")
    assert kept.of([PARTNER])[PARTNER] is first, "it is fresh"
    monkeypatch.setattr(title_totals, "FRESH_FOR", timedelta(0))
    client.get("/edye/")
    assert sum(kept.of([PARTNER])[PARTNER].by_state.values()) == 1


def test_without_a_ledger_the_page_says_so(login, ledger_file):
    ledger_file.unlink()
    answer = login("reader", READER).get("/edye/")
    assert answer.status_code >= 400
    assert "there is no ledger" in answer.text.lower()
