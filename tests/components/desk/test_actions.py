"""Actions from the desk: form, preview, dry run, and the run itself, each as the user and through Airflow."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.builders import an_episode, the_annex
from tests.components.desk.conftest import ORIGIN, OTHER_PARTNER, PARTNER
from tests.components.desk.runs import add_run

REDELIVER, WITHDRAW = f"redeliver__{PARTNER}", f"withdraw__{PARTNER}"
REASON = "the partner lost it in its migration"
OWN = {"Origin": ORIGIN}
READ_AND_START = {dag_id: ("GET", "POST") for dag_id in (REDELIVER, WITHDRAW, f"deliver_api__{PARTNER}")}
READER = {dag_id: ("GET",) for dag_id in READ_AND_START}


def order(action="redeliver", **fields):
    usual = {"action": action, "partner": PARTNER, "external_ids": "EDYE_A", "reason": REASON, "correction": "resend"}
    return usual | {"key": uuid.uuid4().hex} | fields


def post(client, path, fields, headers=OWN):
    return client.post(f"/edye/actions/{path}", data=fields, headers=headers)


def runs_of(dag_id, *run_ids):
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        found = session.scalars(select(DagRun).where(DagRun.dag_id == dag_id))
        return {one.run_id: (one.conf, one.triggering_user_name) for one in found if one.run_id in run_ids}


def log_of(dag_id):
    from airflow.models.log import Log
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        rows = session.execute(select(Log.event, Log.owner, Log.run_id, Log.extra).where(Log.dag_id == dag_id))
        return [tuple(row) for row in rows]


def add_ended_run(run_id, state, conf, ended_at):
    """A run of the redelivery that ended at this time, or has not ended."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import update

    add_run(REDELIVER, run_id, state, conf=conf)
    with create_session() as session:
        session.execute(update(DagRun).where(DagRun.run_id == run_id).values(end_date=ended_at))


def run_id_of(answer):
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"].rpartition("run_id=")[2]


@pytest.fixture
def ended_dry_run(login):
    """A dry run that ended a minute ago."""
    run_id = f"desk_dry_run__{uuid.uuid4().hex}"
    conf = {"external_ids": ["EDYE_A"], "reason": REASON, "correction": "resend", "dry_run": True}
    add_ended_run(run_id, "success", conf, datetime.now(UTC) - timedelta(minutes=1))
    return run_id


def test_the_form_has_the_selection_and_only_the_fields_of_its_action(login):
    params = {"action": "withdraw", "partner": PARTNER, "external_id": ["EDYE_A", "<b>EDYE_B"]}
    text = login("admin").get("/edye/actions", params=params).text
    assert "EDYE_A&#10;&lt;b&gt;EDYE_B&#10;</textarea>" in text
    assert 'name="end_at"' in text
    assert 'name="correction"' not in text
    assert "Dry run</button>" not in text


def test_a_preview_says_what_would_happen_with_each_title_and_starts_nothing(login, ledger_file):
    plan = plan_of(the_annex(), an_episode())
    engine = open_engine(f"sqlite:///{ledger_file}")
    Ledger(engine, lambda: datetime.now(UTC)).plan(PARTNER, "run-1", [plan])
    engine.dispose()
    answer = post(login("admin"), "preview", order(external_ids=f"{plan.external_id}\nEDYE_TYPO"))
    assert answer.status_code == 200
    assert plan.title.name in answer.text
    for words in ("1 of 2: Checked, and sent", "1 of 2: The ledger does not know it", "Dry run</button>"):
        assert words in answer.text
    assert f'name="external_ids" value="{plan.external_id}&#10;EDYE_TYPO&#10;"' in answer.text


@pytest.mark.parametrize("path", ["preview", "dry-run"])
@pytest.mark.parametrize(
    ("action", "fields", "words"),
    [
        ("redeliver", {"reason": "x"}, "Reason is a sentence"),
        ("redeliver", {"external_ids": ""}, "give external_ids or a window"),
        ("redeliver", {"correction": "guess"}, "it is one of"),
        ("redeliver", {"external_ids": "\n".join(map(str, range(5001)))}, "at most 5000"),
        ("withdraw", {"end_at": "2020-01-01T00:00:00Z"}, "in the past"),
        ("window", {"window_start": "2026-03-01T06:00:00Z"}, "window_start and window_end"),
        ("window", {"window_start": "yesterday", "window_end": "today"}, "window_start"),
        ("release", {"external_ids": ""}, "A release is of named titles"),
    ],
)
def test_a_wrong_order_is_refused_in_words_and_the_input_is_kept(login, path, action, fields, words):
    answer = post(login("admin"), path, order(action, **fields))
    assert answer.status_code == 422
    assert words in answer.text
    assert "Dry run</button>" not in answer.text
    kept = fields.get("reason") or fields.get("end_at") or fields.get("window_start")
    assert kept is None or f'value="{kept}"' in answer.text


@pytest.mark.parametrize(
    ("action", "dag_id", "fields", "conf"),
    [
        ("redeliver", REDELIVER, {}, {"external_ids": ["EDYE_A"], "reason": REASON, "correction": "resend"}),
        ("withdraw", WITHDRAW, {}, {"external_ids": ["EDYE_A"], "reason": REASON}),
        (
            "window",
            f"deliver_api__{PARTNER}",
            {"external_ids": "", "window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"},
            {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"},
        ),
    ],
    ids=["redeliver", "withdraw", "window"],
)
def test_a_dry_run_is_started_as_the_user_and_airflow_writes_that_down(login, action, dag_id, fields, conf):
    client, sent = login("operator", READ_AND_START), order(action, **fields)
    run_id = run_id_of(post(client, "dry-run", sent))
    assert runs_of(dag_id, run_id) == {run_id: (conf | {"dry_run": True}, "operator")}
    assert [one[:2] for one in log_of(dag_id) if run_id in str(one)] == [("trigger_dag_run", "operator")]
    assert run_id_of(post(client, "dry-run", sent)) == run_id
    page = client.get("/edye/actions/run", params={"dag_id": dag_id, "run_id": run_id})
    assert page.headers["Refresh"] == "5"
    assert "Do it</button>" not in page.text
    assert client.cookies["_token"] not in page.text


def test_an_ended_dry_run_starts_one_run_with_its_conf_however_often_and_by_whom_it_is_pressed(login, ended_dry_run):
    first, second = login("operator", READ_AND_START), login("colleague", READ_AND_START)
    where = {"dag_id": REDELIVER, "run_id": ended_dry_run}
    assert "Do it</button>" in first.get("/edye/actions/run", params=where).text
    forged = where | {"external_ids": "EDYE_OTHER", "conf": "{}"}
    ids = {run_id_of(post(client, "start", forged)) for client in (first, first, second)}
    (run_id,) = ids
    conf = {"external_ids": ["EDYE_A"], "reason": REASON, "correction": "resend", "dry_run": False}
    assert runs_of(REDELIVER, run_id) == {run_id: (conf, "operator")}
    text = first.get("/edye/actions/run", params=where).text
    assert run_id in text
    assert "Do it</button>" not in text


@pytest.mark.parametrize(
    ("state", "dry", "age", "words"),
    [
        ("running", True, None, "has not ended yet"),
        ("success", False, timedelta(minutes=1), "not a dry run"),
        ("success", "true", timedelta(minutes=1), "not a dry run"),
        ("success", True, timedelta(hours=25), "older than a day"),
    ],
    ids=["still runs", "in earnest", "a text", "old"],
)
def test_what_is_no_fresh_ended_dry_run_starts_nothing(login, state, dry, age, words):
    run_id = f"desk_dry_run__{uuid.uuid4().hex}"
    conf = {"external_ids": ["EDYE_A"], "reason": REASON, "dry_run": dry}
    add_ended_run(run_id, state, conf, datetime.now(UTC) - age if age else None)
    client = login("admin")
    answer = post(client, "start", {"dag_id": REDELIVER, "run_id": run_id})
    assert answer.status_code == 422
    assert words in answer.text
    where = {"dag_id": REDELIVER, "run_id": run_id}
    assert "Do it</button>" not in client.get("/edye/actions/run", params=where).text


def test_a_run_that_does_not_exist_starts_nothing(login):
    fields = {"dag_id": REDELIVER, "run_id": "no-such-run"}
    assert post(login("admin"), "start", fields).status_code == 404
    assert post(login("admin"), "start", fields | {"dag_id": "check_jw_player"}).status_code == 404


def test_a_user_who_may_read_only_sees_no_button_and_gets_airflows_refusal(login, ended_dry_run):
    client = login("reader", READER)
    assert "Dry run</button>" not in post(client, "preview", order()).text
    where = {"dag_id": REDELIVER, "run_id": ended_dry_run}
    assert "Do it</button>" not in client.get("/edye/actions/run", params=where).text
    for path, fields in (("dry-run", order()), ("start", where)):
        answer = post(client, path, fields)
        assert answer.status_code == 403
        assert "you may not start this DAG" in answer.text


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
@pytest.mark.parametrize("path", ["preview", "dry-run", "start"])
def test_a_call_from_another_site_does_nothing(login, ended_dry_run, path, headers):
    fields = order() | {"dag_id": REDELIVER, "run_id": ended_dry_run}
    assert post(login("admin"), path, fields, headers).status_code == 403


def test_another_partners_titles_and_runs_look_as_if_they_did_not_exist(login, ended_dry_run):
    client = login("stranger", {f"publish_pull__{OTHER_PARTNER}": ("GET", "POST")})
    assert client.get("/edye/actions", params={"partner": PARTNER}).status_code == 404
    assert post(client, "preview", order()).status_code == 404
    assert post(client, "dry-run", order()).status_code == 404
    where = {"dag_id": REDELIVER, "run_id": ended_dry_run}
    assert post(client, "start", where).status_code == 404
    assert client.get("/edye/actions/run", params=where).status_code == 404


@pytest.mark.parametrize("fields", [{"action": "delete"}, {"key": "../x"}, {"reason": "x" * 2000}, {"partner": ""}])
def test_garbage_in_the_form_is_answered_in_words(login, fields):
    assert post(login("admin"), "dry-run", order(**fields)).status_code in (404, 422)


def test_a_withdrawal_that_was_started_says_where_it_is_approved(login):
    run_id = f"desk_run__{uuid.uuid4().hex}"
    add_run(WITHDRAW, run_id, "running", conf={"external_ids": ["EDYE_A"], "reason": REASON, "dry_run": False})
    text = login("admin").get("/edye/actions/run", params={"dag_id": WITHDRAW, "run_id": run_id}).text
    assert "wait for an approval" in text
    assert f'data-airflow href="/dags/{WITHDRAW}/runs/{run_id}"' in text


def test_an_airflow_that_hangs_is_waited_for_no_longer_than_its_bound(monkeypatch):
    import asyncio
    import time
    from types import SimpleNamespace

    from starlette.applications import Starlette
    from starlette.responses import Response
    from starlette.routing import Route

    from edye_delivery.desk import airflow_api

    def hang(request):
        time.sleep(0.8)
        return Response("{}")

    app = Starlette(routes=[Route("/api/v2/dags/{dag_id}/dagRuns", hang, methods=["POST"])])
    request = SimpleNamespace(
        scope={airflow_api.AIRFLOW_APP: app}, headers={}, cookies={"_token": "t"}, base_url="http://127.0.0.1/"
    )
    monkeypatch.setattr(airflow_api, "CALL_MAX_S", 0.1)

    async def start():
        began = time.monotonic()
        answer = await airflow_api._start_run(request, "a", "b", {}, "")
        return answer.status, time.monotonic() - began

    status, seconds = asyncio.run(start())
    assert status == 504
    assert seconds < 0.7
