"""The desk's calendar of windows: each with its state and its run, and nothing of DAGs that a user may not read."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.runs import add_run

DAG_ID, OTHER_DAG_ID = f"deliver_api__{PARTNER}", f"publish_pull__{OTHER_PARTNER}"
READER, STARTER = {DAG_ID: ("GET",)}, {DAG_ID: ("GET", "POST")}


@pytest.fixture
def no_runs(airflow_app):
    """No run of the DAG is left in the metadata database."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import delete

    with create_session() as session:
        session.execute(delete(DagRun).where(DagRun.dag_id == DAG_ID))


def add_window_run(day, state, **fields):
    """Adds a run of the window that starts on this day of February; its id."""
    run_id = f"scheduled__{day}__{uuid.uuid4()}"
    start_at = datetime(2026, 2, day, 6, tzinfo=UTC)
    end_at = start_at + timedelta(days=1)
    usual = {"data_interval": (start_at, end_at), "run_after": end_at, "start_date": end_at, "logical_date": start_at}
    add_run(DAG_ID, run_id, state, **(usual | fields))
    return run_id


def text_of(client, **query):
    answer = client.get("/edye/windows", params=query)
    assert answer.status_code == 200
    return answer.text


def row_of(text, day):
    """The row of a day, such as Tue 03."""
    return text.split(f'<th scope="row">{day}</th>')[1].split("</tr>")[0]


def test_each_window_has_its_state_and_leads_to_its_run(login, no_runs):
    runs = {day: add_window_run(day, state) for day, state in ((2, "success"), (3, "failed"), (5, "running"))}
    text = text_of(login("reader", READER), month="2026-02")
    for day, number, state in (("Mon 02", 2, "green"), ("Tue 03", 3, "red"), ("Thu 05", 5, "running")):
        assert f'class="badge {state}"' in row_of(text, day)
        assert f"run_id={runs[number]}" in row_of(text, day)
    assert "before the first run" in row_of(text, "Sun 01")
    assert 'class="badge missing"' in row_of(text, "Wed 04")


def test_a_run_by_hand_counts_for_every_window_that_its_params_cover(login, no_runs):
    add_window_run(2, "failed")
    conf = {"window_start": "2026-02-02T06:00:00Z", "window_end": "2026-02-05T06:00:00Z"}
    late = datetime(2026, 3, 9, tzinfo=UTC)
    by_hand = f"manual__{uuid.uuid4()}"
    add_run(DAG_ID, by_hand, "success", conf=conf, run_after=late, start_date=late)
    text = text_of(login("reader", READER), month="2026-02")
    for day in ("Mon 02", "Tue 03", "Wed 04"):
        assert f"run_id={by_hand}" in row_of(text, day)
    assert "missing" in row_of(text, "Thu 05")


def test_only_who_may_start_a_run_is_offered_to_run_a_red_or_missing_window(login, no_runs):
    add_window_run(2, "success")
    add_window_run(3, "failed")
    offered = text_of(login("starter", STARTER), month="2026-02")
    assert "of 3 Feb 2026, 06:00 UTC" in row_of(offered, "Tue 03")
    assert "this window" in row_of(offered, "Tue 03") or "to run it" in row_of(offered, "Tue 03")
    assert "this window" not in row_of(offered, "Mon 02")
    assert "this window" not in text_of(login("reader", READER), month="2026-02")
    assert "to run it" not in text_of(login("reader", READER), month="2026-02")


def test_a_month_of_another_year_has_no_runs_of_this_one(login, no_runs):
    add_window_run(2, "failed")
    text = text_of(login("reader", READER), month="2025-02")
    assert 'class="badge red"' not in text
    assert "before the first run" in text


def test_what_a_user_may_not_see_looks_as_if_it_did_not_exist(login):
    stranger = login("stranger", {OTHER_DAG_ID: ("GET",)})
    assert DAG_ID not in text_of(stranger)
    assert OTHER_DAG_ID in text_of(stranger)
    assert stranger.get("/edye/windows", params={"partner": PARTNER}).status_code == 404
    assert login("admin").get("/edye/windows", params={"partner": "nobody"}).status_code == 404


def test_a_dag_without_a_schedule_says_that_it_runs_by_hand(login):
    dag_id = f"deliver_ftp__{PARTNER}"
    text = text_of(login("reader", {dag_id: ("GET",)}), partner=PARTNER)
    assert dag_id in text
    assert "runs by hand only" in text
    assert "Run a window by it" not in text
    starter = text_of(login("starter", {dag_id: ("GET", "POST")}), partner=PARTNER)
    assert f'href="/edye/actions?action=window&amp;partner={PARTNER}&amp;channel=ftp">Run a window by it' in starter


@pytest.mark.parametrize("month", ["2026-13", "0001-01", "9999-12", "<script>", "2026-2-2", "x" * 300, "\u202e"])
def test_a_month_that_is_none_is_refused_in_words(login, month):
    answer = login("admin").get("/edye/windows", params={"month": month})
    assert answer.status_code == 422
    assert "month" in answer.text.lower()
    assert "<script>2" not in answer.text


def test_params_of_a_run_that_are_no_window_do_not_break_the_page(login, no_runs):
    add_window_run(2, "failed", conf={"window_start": ["<script>"], "window_end": {"a": 1}})
    add_window_run(3, "failed", conf={"window_start": "0001-01-01T00:00:00+14:00", "window_end": "9999-12-31"})
    assert "<script>[" not in text_of(login("reader", READER), month="2026-02")


def test_a_red_or_missing_window_has_the_runbook_beside_it(login, no_runs):
    red, missing = "What a red window means", "How to run a red or missing window"
    for day in (*range(2, 10), *range(11, 29)):
        add_window_run(day, "success")
    text = text_of(login("reader", READER), month="2026-02")
    assert red not in text
    assert missing in text
    add_window_run(10, "failed")
    text = text_of(login("reader", READER), month="2026-02")
    assert red in text
    assert missing in text


def test_a_month_of_green_windows_needs_no_text(login, no_runs):
    for day in range(2, 29):
        add_window_run(day, "success")
    assert "<details" not in text_of(login("reader", READER), month="2026-02")
