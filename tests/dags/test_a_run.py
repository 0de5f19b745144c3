"""The DAG itself, run by Airflow in this process against a sandbox: tasks, deferral, report, colour."""

from __future__ import annotations

import inspect
import json
import tempfile
import time
from pathlib import Path

import httpx
import pytest
import yaml

from edye_delivery.annex.load import FOLDER_VARIABLE
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD
from sandbox.server import Sandbox
from tests.builders import ANNEX_FILE, PROJECT, annex_content

DAG_ID = "deliver_api__roku_premium_subs_mx"
FTP_DAG_ID = "deliver_ftp__roku_premium_subs_mx"
REDELIVERY_DAG_ID = "redeliver__roku_premium_subs_mx"
WITHDRAWAL_DAG_ID = "withdraw__roku_premium_subs_mx"
REASON = "the API answers 503 since yesterday"
DAY = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}
GOOD = "EDYE_PLANETA_S01E01_ES"
BAD = "EDYE_MOV_000115_ES"
WINDOW, FEED = "edye://roku_premium_subs_mx/window", "edye://roku_premium_subs_mx/feeds/search"
HEVC = "EDYE_MOV_000111_ES"
FILES = {
    DAG_ID: "api_delivery.py",
    FTP_DAG_ID: "ftp_delivery.py",
    REDELIVERY_DAG_ID: "redelivery.py",
    WITHDRAWAL_DAG_ID: "withdrawal.py",
}
SLEEP = time.sleep


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), processing_s=0.1, media_dir=media) as box:
        yield box


@pytest.fixture(scope="module")
def airflow_database():
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture
def connected(box, feeds_url, tmp_path, monkeypatch, airflow_database):
    """Connections to the sandbox and an annex that waits shortly; the folder of ledger and artifacts."""
    annex = annex_content()
    quick = {"polling": {"first_s": 0.6, "every_s": 0.2, "slowest_s": 1, "give_up_s": 60}}
    annex["api"] |= quick
    annex["ftp"] |= quick
    annex["reencode"]["preset"] = "ultrafast"
    (tmp_path / "annexes").mkdir()
    (tmp_path / "annexes" / ANNEX_FILE.name).write_text(yaml.safe_dump(annex), encoding="utf-8")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "annexes"))
    allowed = {"allowed_hosts": ["127.0.0.1"], "trust_env": False}
    known = {
        "edye_api": {"conn_type": "http", "host": box.edye_url, "password": "edye-sandbox-token", "extra": allowed},
        "roku_ingest": {
            "conn_type": "http",
            "host": box.partner_url,
            "password": "abc123",
            "extra": {"trust_env": False},
        },
        "roku_ftp": {
            "conn_type": "ftp",
            "host": "127.0.0.1",
            "port": box.ftp_port,
            "login": FTP_LOGIN,
            "password": FTP_PASSWORD,
        },
        "delivery_ledger": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "feed_store": {
            "conn_type": "aws",
            "login": "sandbox",
            "password": "sandbox-secret",
            "extra": {
                "bucket_name": "edye-feeds",
                "endpoint_url": feeds_url,
                "region_name": "us-east-1",
                "prefix": tmp_path.name,
                "trust_env": False,
            },
        },
        "artifact_store": {"conn_type": "fs", "extra": {"path": str(tmp_path / "artifacts")}},
    }
    for conn_id, fields in known.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))
    box.clear_faults()
    box.reset()
    return tmp_path


def sleep(seconds):
    """A tenth where Airflow's own loop sleeps a second, for every state that skipped tasks pass on; else as asked."""
    caller = inspect.currentframe().f_back.f_globals["__name__"]
    SLEEP(0.1 if caller == "airflow.sdk.definitions.dag" else seconds)


def run(conf, dag_id=DAG_ID, **facts):
    """A run of a DAG from a folder with its file alone: `dag.test` stores all DAGs of the folder, every time."""
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        (Path(folder) / FILES[dag_id]).symlink_to(PROJECT / "dags" / FILES[dag_id])
        patched.setattr(settings, "DAGS_FOLDER", folder)
        patched.setattr(time, "sleep", sleep)
        return DagBag(dag_folder=folder).dags[dag_id].test(run_conf=conf, **facts)


def report_of(folder: Path):
    newest = max(folder.rglob("report.json"), key=lambda path: path.stat().st_mtime)
    assert all(newest.with_suffix(f".{ending}").stat().st_size > 0 for ending in ("csv", "xlsx", "html"))
    return json.loads(newest.read_text(encoding="utf-8"))


def states_of(dag_run):
    return {task.task_id: task.state for task in dag_run.get_task_instances()}


def assets_of(dag_run):
    """By name, the assets that the run's tasks have emitted, each with what its event says."""
    from airflow.models.asset import AssetEvent
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        of_run = (AssetEvent.source_dag_id == dag_run.dag_id) & (AssetEvent.source_run_id == dag_run.run_id)
        return {event.asset.name: event.extra for event in session.scalars(select(AssetEvent).where(of_run))}


def test_good_titles_make_a_green_run_and_a_second_one_sends_nothing(connected, box):
    conf = {**DAY, "external_ids": [GOOD, "EDYE_FAROS_000001_ES"]}
    first = run(conf)
    assert first.state == "success"
    report = report_of(connected)
    emitted = assets_of(first)
    window, published = emitted.pop(WINDOW), emitted.pop(FEED)
    assert emitted == {}
    assert (window["window"], window["totals"]) == (report["window"], report["totals"])
    assert (published["kinds"], published["items"]) == ({"episode": 2, "season": 1, "series": 2}, 5)
    assert {window["run_id"], published["run_id"]} == {first.run_id}
    assert report["totals"] | {"accepted": 2, "sent": 2} == report["totals"]
    assert report["window"] == {"start": DAY["window_start"], "end": DAY["window_end"]}
    (feed,) = report["feeds"]
    assert (feed["outcome"], feed["errors"], feed["kinds"]) == (
        "published",
        0,
        {"episode": 2, "season": 1, "series": 2},
    )
    assert {asset["id"] for asset in httpx.get(feed["url"], trust_env=False).json()["assets"]} >= {
        "EDYE_PLANETA_S01E01"
    }
    second = run(conf)
    assert (second.state, set(assets_of(second))) == ("success", {WINDOW})  # the feed is as it was
    assert report_of(connected)["totals"]["sent"] == 0
    assert [feed["outcome"] for feed in report_of(connected)["feeds"]] == ["unchanged"]
    assert len(box.contents()) == 2


@pytest.mark.proof
def test_media_that_only_a_new_encode_fixes_is_re_encoded_once_and_accepted(connected, box):
    conf = {**DAY, "external_ids": [GOOD, HEVC]}
    dag_run = run(conf)
    assert (dag_run.state, states_of(dag_run)["batch.reencode"]) == ("success", "success")
    by_name = {title["external_id"]: title for title in report_of(connected)["titles"]}
    assert (by_name[HEVC]["state"], by_name[GOOD]["reencoded"]) == ("accepted", "")
    assert by_name[HEVC]["reencoded"] == "re-encoded from hevc in mp4, the original is kept"
    assert [finding["code"] for finding in by_name[HEVC]["fixed"]] == ["VID006"]
    (film,) = (connected / "artifacts" / "encodes").rglob("*.mp4")
    made_at = film.stat().st_mtime_ns
    assert run({**conf, "external_ids": [HEVC], "force_resend": True}).state == "success"
    assert (report_of(connected)["totals"]["sent"], film.stat().st_mtime_ns) == (1, made_at)
    sizes = {content["size_bytes"] for content in box.contents() if content["external_id"] == HEVC}
    assert sizes == {film.stat().st_size}


def test_a_refused_title_makes_a_red_run_whose_last_task_says_so(connected, box, caplog):
    dag_run = run({**DAY, "external_ids": [GOOD, BAD]})
    assert dag_run.state == "failed"
    states = states_of(dag_run)
    assert states.pop("confirm_window") == "failed"
    assert states.pop("batch.reencode") == "skipped"
    assert set(states.values()) == {"success"}
    assert set(assets_of(dag_run)) == {FEED}
    assert f"  {BAD}: META002: no title in the language" in caplog.text
    assert f"  {BAD}: rejected, metadata -> Content Operations [META002]" in caplog.text
    assert "Traceback" not in caplog.text
    assert [content["external_id"] for content in box.contents()] == [GOOD]


@pytest.mark.proof
def test_a_feed_with_errors_makes_a_red_run_and_the_last_good_one_stays(connected, box, monkeypatch, caplog):
    assert run({**DAY, "external_ids": [GOOD]}).state == "success"
    url = report_of(connected)["feeds"][0]["url"]
    good = httpx.get(url, trust_env=False).content
    file = connected / "annexes" / ANNEX_FILE.name
    annex = yaml.safe_load(file.read_text(encoding="utf-8"))
    annex["feeds"][0]["ids"] = {"series": "{title_id}", "season": "{title_id}"}
    file.write_text(yaml.safe_dump(annex), encoding="utf-8")
    dag_run = run({**DAY, "external_ids": [GOOD]})
    assert dag_run.state == "failed"
    states = states_of(dag_run)
    assert (states["feed.lint_feed"], states["feed.publish_feed"]) == ("failed", "upstream_failed")
    assert (states["report"], states["confirm_window"]) == ("success", "failed")
    (feed,) = report_of(connected)["feeds"]
    assert feed["outcome"] == "refused"
    assert [rule["code"] for rule in feed["findings"] if rule["severity"] == "error"] == ["FEED401"]
    assert "feed search: refused: FEED401 id-twice" in caplog.text
    assert httpx.get(url, trust_env=False).content == good


def test_an_unknown_param_is_refused_before_anything_is_asked(connected, box, capfd):
    dag_run = run({**DAY, "extrenal_ids": [GOOD]})
    assert dag_run.state == "failed"
    assert states_of(dag_run)["check_request"] == "failed"
    told = capfd.readouterr()
    assert "this DAG has no param 'extrenal_ids'; it takes" in told.out + told.err
    assert box.journal(service="edye") == []


@pytest.mark.parametrize(
    ("dag_id", "conf", "missing"),
    [
        (DAG_ID, DAY, ["edye_api", "feed_store"]),
        (FTP_DAG_ID, {**DAY, "reason": REASON}, ["roku_ftp"]),
        (REDELIVERY_DAG_ID, {"external_ids": [GOOD], "correction": "resend", "reason": REASON}, ["artifact_store"]),
        (WITHDRAWAL_DAG_ID, {"external_ids": [GOOD], "reason": REASON}, ["delivery_ledger"]),
    ],
    ids=["API", "FTP", "redelivery", "withdrawal"],
)
def test_a_missing_connection_ends_the_first_task_at_once_by_name(
    connected, box, monkeypatch, capfd, dag_id, conf, missing
):
    for conn_id in missing:
        monkeypatch.delenv(f"AIRFLOW_CONN_{conn_id.upper()}")
    dag_run = run(conf, dag_id)
    (first,) = [task for task in dag_run.get_task_instances() if task.task_id == "check_request"]
    assert (dag_run.state, first.state, first.try_number) == ("failed", "failed", 1)
    told = capfd.readouterr()
    for conn_id in missing:
        assert f"the connection {conn_id} (" in told.out + told.err
    assert box.journal(service="edye") == []


def test_a_hand_run_without_logical_date_and_window_answers_for_the_last_interval(connected):
    assert run({}, logical_date=None).state == "success"
    report = report_of(connected)
    assert report["window"]["start"].endswith("T06:00:00Z")
    assert report["totals"]["titles"] == 0


def test_a_dry_run_sends_nothing_and_emits_no_asset(connected, box):
    dry_run = run({**DAY, "dry_run": True, "external_ids": [GOOD]})
    assert (states_of(dry_run)["confirm_window"], assets_of(dry_run)) == ("success", {})
    report = report_of(connected)
    assert (report["dry_run"], report["totals"]["planned"], report["totals"]["sent"]) == (True, 1, 0)
    assert box.contents() == []


@pytest.mark.proof
def test_a_refused_token_is_red_names_the_connection_and_sends_nothing_more(connected, box, monkeypatch, capfd):
    wrong = {"conn_type": "http", "host": box.partner_url, "password": "wr0ng-t0ken", "extra": {"trust_env": False}}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_INGEST", json.dumps(wrong))
    dag_run = run({**DAY, "external_ids": [GOOD]})
    assert dag_run.state == "failed"
    assert states_of(dag_run)["batch.deliver"] == "failed"
    title = report_of(connected)["titles"][0]
    assert (title["state"], title["cause"], title["owner"]) == ("failed", "auth", "DevOps")
    told = capfd.readouterr()
    kept = b"".join(path.read_bytes() for path in connected.rglob("*") if path.is_file())
    assert "wr0ng-t0ken" not in told.out + told.err
    assert b"wr0ng-t0ken" not in kept
    assert box.contents() == []


def test_a_catalogue_that_refuses_us_is_red_and_the_report_says_what_did_not_happen(connected, box, monkeypatch):
    refused = {"conn_type": "http", "host": box.edye_url, "password": "no", "extra": {"trust_env": False}}
    monkeypatch.setenv("AIRFLOW_CONN_EDYE_API", json.dumps(refused))
    dag_run = run(DAY)
    assert dag_run.state == "failed"
    assert states_of(dag_run)["fetch_catalogue"] == "failed"
    assert "fetch_catalogue" in report_of(connected)["incidents"][0]


def test_a_run_over_ftp_delivers_and_its_report_and_log_say_that_the_channel_is_deprecated(connected, box, caplog):
    conf = {**DAY, "external_ids": [GOOD], "reason": REASON}
    assert run(conf, FTP_DAG_ID).state == "success"
    report = report_of(connected)
    assert report["totals"] | {"accepted": 1, "sent": 1} == report["totals"]
    assert "deprecated since Q3 2025" in report["notice"]
    assert (report["channel"], report["reason"], report["feeds"]) == ("ftp", REASON, [])
    assert [content["external_id"] for content in box.ftp_contents()] == [GOOD]
    assert box.contents() == []
    page = max(connected.rglob("report.html"), key=lambda path: path.stat().st_mtime).read_text(encoding="utf-8")
    assert "FTP, deprecated" in page
    assert REASON in page


@pytest.mark.proof
def test_what_came_by_ftp_is_not_sent_by_the_api(connected, box):
    conf = {**DAY, "external_ids": [GOOD]}
    assert run({**conf, "reason": REASON}, FTP_DAG_ID).state == "success"
    assert run(conf).state == "success"
    report = report_of(connected)
    assert (report["totals"]["sent"], report["totals"]["unchanged"]) == (0, 1)
    assert box.contents() == []
    (feed,) = report["feeds"]  # what came by FTP is in the feed too
    assert (feed["outcome"], feed["kinds"]) == ("published", {"episode": 1, "season": 1, "series": 1})


def test_a_run_over_ftp_without_a_reason_is_refused_before_anything_is_sent(connected, box):
    dag_run = run({**DAY, "external_ids": [GOOD]}, FTP_DAG_ID)
    states = states_of(dag_run)
    assert (dag_run.state, [name for name, state in states.items() if state == "failed"]) == (
        "failed",
        ["check_request"],
    )
    assert box.ftp_contents() == []


@pytest.mark.proof
def test_a_redelivery_that_is_no_dry_run_sends_an_accepted_title_again_with_its_reason(connected, box):
    assert run({**DAY, "external_ids": [GOOD]}).state == "success"
    asked = {"external_ids": [GOOD], "correction": "resend", "reason": "the partner lost it in its migration"}
    run(asked, REDELIVERY_DAG_ID)
    assert len(box.contents()) == 1
    assert run({**asked, "dry_run": False}, REDELIVERY_DAG_ID).state == "success"
    assert len(box.contents()) == 2
    report = report_of(connected)
    assert (report["notice"], report["reason"]) == ("redelivery by hand, correction resend", asked["reason"])


@pytest.mark.proof
def test_a_withdrawal_takes_a_title_out_of_the_published_feed_and_a_redelivery_brings_it_back(connected, box):
    two = [GOOD, "EDYE_PLANETA_S01E02_ES"]
    assert run({**DAY, "external_ids": two}).state == "success"

    def in_feed():
        (feed,) = report_of(connected)["feeds"]
        return GOOD[:-3] in {asset["id"] for asset in httpx.get(feed["url"], trust_env=False).json()["assets"]}

    assert in_feed()
    asked = {"external_ids": [GOOD], "reason": "the rights for this episode ended"}
    assert run(asked, WITHDRAWAL_DAG_ID).state == "success"
    assert report_of(connected)["titles"][0]["detail"].startswith("dry run, it would be out of the feeds")
    assert run({**asked, "dry_run": False}, WITHDRAWAL_DAG_ID).state == "success"
    assert (report_of(connected)["totals"]["withdrawn"], in_feed()) == (1, False)
    assert run({**DAY, "external_ids": two}).state == "success"
    assert not in_feed()
    again = asked | {"correction": "resend", "dry_run": False, "reason": "the rights were renewed in time"}
    assert run(again, REDELIVERY_DAG_ID).state == "success"
    assert in_feed()
