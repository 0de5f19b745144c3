"""check_jw_player itself, run by Airflow in this process against a sandbox: tasks, references, colour, log."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import pytest

from edye_delivery.catalog.jw_check import MEDIA_STATES_NAME
from sandbox.server import Sandbox
from tests.builders import PROJECT
from tests.components.jw_check import set_connections
from tests.dags.test_a_run import sleep

ALL = {"check_request", "fetch_catalogue", "sweep_media", "compare_libraries"}


@pytest.fixture(scope="module")
def airflow_database():
    from airflow.utils.db import initdb

    initdb()


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), media_dir=media, jw_calls_a_minute=0) as box:
        yield box


def run(conf):
    from airflow import settings
    from airflow.dag_processing.dagbag import DagBag

    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        (Path(folder) / "jw_player.py").symlink_to(PROJECT / "dags" / "jw_player.py")
        patched.setattr(settings, "DAGS_FOLDER", folder)
        patched.setattr(time, "sleep", sleep)
        return DagBag(dag_folder=folder).dags["check_jw_player"].test(run_conf=conf)


def test_a_run_is_red_by_its_last_task_alone_and_leaves_report_and_states(
    box, tmp_path, monkeypatch, airflow_database, caplog
):
    set_connections(box, tmp_path, monkeypatch, calls_a_minute=100_000)

    dag_run = run({})

    states = {task.task_id: task.state for task in dag_run.get_task_instances()}
    assert states == dict.fromkeys(ALL, "success") | {"confirm_check": "failed"}
    assert "SYNC003: JW Player says failed: No audio track was found." in caplog.text
    assert "Traceback" not in caplog.text
    (page,) = (tmp_path / "artifacts").rglob("report.html")
    assert page.stat().st_size > 10_000
    assert (tmp_path / "artifacts" / MEDIA_STATES_NAME).is_file()


def test_a_good_title_by_name_makes_a_green_run(box, tmp_path, monkeypatch, airflow_database):
    set_connections(box, tmp_path, monkeypatch, calls_a_minute=100_000)

    assert run({"external_ids": ["EDYE_PLANETA_S01E01_ES"]}).state == "success"
