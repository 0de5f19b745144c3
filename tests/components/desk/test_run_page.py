"""The desk's page of a run: its order, its steps, its report in place; and nothing of runs that a user may not see."""

from __future__ import annotations

import json
import uuid

import pytest

from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import a_request, add_run, keep_report
from tests.unit.reports.builders import a_finding, a_report, a_title

DAG_ID, OTHER_DAG_ID = f"deliver_api__{PARTNER}", f"publish_pull__{OTHER_PARTNER}"
READER = {DAG_ID: ("GET",)}


@pytest.fixture
def run_id():
    return f"manual__{uuid.uuid4()}"


@pytest.fixture
def red_run(login, artifact_folder, run_id):
    """A run with one rejected title, and its report in the artifact store."""
    request = a_request(PARTNER, run_id, reason="the <b>weekend</b>")
    report = a_report(a_rejected_title(), partner=PARTNER, run_id=run_id)
    results = {
        "check_request": request.model_dump(mode="json"),
        "report": keep_report(artifact_folder, request, report),
    }
    add_run(DAG_ID, run_id, "failed", results, {"batch.check": "success", "confirm_window": "failed"}, note="call them")
    return report


def a_rejected_title():
    finding = a_finding()
    return a_title(
        state="rejected", cause="media", owner=finding.owner, rules=(finding.code,), findings=(finding,), sent=False
    )


def query(run_id, dag_id=DAG_ID):
    return {"params": {"dag_id": dag_id, "run_id": run_id}}


def test_a_run_shows_its_order_its_steps_and_its_report(login, red_run, run_id):
    answer = login("reader", READER).get("/edye/run", **query(run_id))
    assert answer.status_code == 200
    for words in (run_id, "1 Mar 2026, 06:00 UTC", "confirm_window", "call them", "/edye/run/report.html?"):
        assert words in answer.text
    assert "the &lt;b&gt;weekend&lt;/b&gt;" in answer.text
    assert "<b>weekend" not in answer.text


def test_a_run_leads_to_the_page_of_each_title_that_needs_somebody(login, red_run, run_id):
    text = login("reader", READER).get("/edye/run", **query(run_id)).text
    (rejected,) = red_run.titles
    assert f'href="/edye/titles/{PARTNER}/{rejected.external_id}"' in text
    assert rejected.rules[0] in text


def test_titles_that_ended_well_or_cannot_be_read_are_not_named(login, artifact_folder, run_id):
    good = a_title(external_id="EDYE_GOOD")
    request = a_request(PARTNER, run_id)
    result = keep_report(artifact_folder, request, a_report(good, a_rejected_title(), partner=PARTNER, run_id=run_id))
    (file,) = artifact_folder.rglob("report.json")
    content = json.loads(file.read_text())
    content["titles"] += [7, {"state": "rejected"}, {"state": ["rejected"]}]
    file.write_text(json.dumps(content))
    add_run(DAG_ID, run_id, "failed", {"report": result})
    answer = login("reader", READER).get("/edye/run", **query(run_id))
    assert answer.status_code == 200
    assert "EDYE_GOOD" not in answer.text
    assert answer.text.count(f"/edye/titles/{PARTNER}/") == 1


@pytest.mark.parametrize("ending", ["html", "csv", "json"])
def test_each_format_of_the_report_comes_as_the_step_wrote_it(login, red_run, run_id, artifact_folder, ending):
    answer = login("reader", READER).get(f"/edye/run/report.{ending}", **query(run_id))
    (written,) = artifact_folder.rglob(f"report.{ending}")
    assert answer.content == written.read_bytes()
    disposition = answer.headers.get("Content-Disposition", "")
    assert disposition.startswith("attachment") is (ending != "html")


def test_the_report_page_runs_in_an_origin_of_its_own(login, red_run, run_id):
    policy = login("reader", READER).get("/edye/run/report.html", **query(run_id)).headers["Content-Security-Policy"]
    assert policy.endswith("sandbox allow-scripts")
    assert "default-src 'none'" in policy


@pytest.mark.parametrize("page", ["run", "dag", "run/report.json"])
def test_a_run_of_a_dag_that_the_user_may_not_read_looks_as_if_it_did_not_exist(login, red_run, run_id, page):
    stranger = login("stranger", {OTHER_DAG_ID: ("GET",)})
    assert stranger.get(f"/edye/{page}", **query(run_id)).status_code == 404
    assert stranger.get(f"/edye/{page}", **query(run_id, "deliver_api__nobody")).status_code == 404
    assert login(None).get(f"/edye/{page}", **query(run_id)).status_code == 401


def test_a_run_that_does_not_exist_is_not_found(login):
    assert login("reader", READER).get("/edye/run", **query("no-such-run")).status_code == 404


def test_a_reference_to_a_file_that_is_no_report_of_the_partner_is_not_followed(login, artifact_folder, run_id):
    (artifact_folder / "secret.json").write_text("{}")
    wrong = ["secret.json", "runs/../secret.json", f"runs/{OTHER_PARTNER}/a/b/report.json", 7, None]
    for number, path in enumerate(wrong):
        add_run(DAG_ID, f"{run_id}-{number}", "failed", {"report": {"path": path}})
        answer = login("reader", READER).get("/edye/run/report.json", **query(f"{run_id}-{number}"))
        assert answer.status_code == 404


def test_a_report_that_was_deleted_is_said_in_words(login, red_run, run_id, artifact_folder):
    for file in artifact_folder.rglob("report.*"):
        file.unlink()
    answer = login("reader", READER).get("/edye/run", **query(run_id))
    assert answer.status_code == 200
    assert "no longer in the artifact store" in answer.text


def test_a_run_that_failed_before_its_report_shows_how_far_it_came(login, run_id):
    add_run(DAG_ID, run_id, "failed", steps={"check_request": "failed"})
    text = login("reader", READER).get("/edye/run", **query(run_id)).text
    assert "This run has no report" in text
    assert "check_request" in text


def test_a_dag_lists_its_latest_runs_with_links_to_them(login, red_run, run_id):
    text = login("reader", READER).get("/edye/dag", params={"dag_id": DAG_ID}).text
    assert f"/edye/run?dag_id={DAG_ID}&amp;run_id={run_id}" in text


def test_a_dag_that_is_for_no_partner_has_a_friendly_page(login):
    answer = login("admin").get("/edye/dag", params={"dag_id": "check_jw_player"})
    assert answer.status_code == 200
    assert "delivers to no partner" in answer.text


def test_the_tasks_that_end_a_run_have_a_button_to_its_page(airflow_app):
    from airflow.models.serialized_dag import SerializedDagModel

    tasks = SerializedDagModel.get_dag(DAG_ID).task_dict
    for task_id in ("report", "confirm_window", "batch.deliver"):
        assert list(tasks[task_id].operator_extra_links) != [], task_id


def test_the_button_leads_to_the_tab_that_the_plugin_registers(airflow_app):
    from types import SimpleNamespace

    from edye_delivery.operators.desk_link import DeskRunLink
    from edye_delivery_plugin import EdyeDeliveryPlugin

    link = DeskRunLink().get_link(
        None, ti_key=SimpleNamespace(dag_id=DAG_ID, run_id="manual__2026-03-01T06:00:00+00:00")
    )
    (tab,) = [view for view in EdyeDeliveryPlugin.external_views if view["destination"] == "dag_run"]
    assert link == f"/dags/{DAG_ID}/runs/manual__2026-03-01T06%3A00%3A00%2B00%3A00/plugin/{tab['url_route']}"


def test_every_failed_task_has_its_section_of_the_runbook_beside_it(login, run_id):
    steps = {"check_request": "success", "batch.deliver": "failed", "confirm_window": "upstream_failed"}
    add_run(DAG_ID, run_id, "failed", steps=steps)
    text = login("reader", READER).get("/edye/run", params={"dag_id": DAG_ID, "run_id": run_id}).text
    assert "<summary>Runbook: deliver</summary>" in text
    assert "What was sent stays sent" in text.replace("\n", " ")
    assert text.count("<summary>Runbook: ") == 1
    assert 'href="/edye/texts/deliver"' in text


def test_the_causes_and_rules_of_a_runs_titles_lead_to_their_texts(login, red_run, run_id):
    text = login("reader", READER).get("/edye/run", params={"dag_id": DAG_ID, "run_id": run_id}).text
    assert 'href="/edye/texts/media"' in text
    for code in red_run.titles[0].rules:
        assert f"<code>{code}</code>" in text
