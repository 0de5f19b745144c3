"""The DAGs of partners that pull: one of each for every annex with the section, and for no other."""

from __future__ import annotations

import pytest
from airflow.dag_processing.dagbag import DagBag

from edye_delivery.dag_support.annexes import FOLDER_VARIABLE
from edye_delivery.dag_support.defaults import RETRIES
from tests.builders import PROJECT, annex_file
from tests.unit.pull_calls import PULL

SCHEDULES = {"watch_pull": "7 * * * *", "report_pull": "0 0 * * *"}


@pytest.fixture
def dags(tmp_path, monkeypatch):
    annex_file(tmp_path, "alpha", pull=PULL)
    annex_file(tmp_path, "beta")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    bag = DagBag(dag_folder=str(PROJECT / "dags"))
    assert bag.import_errors == {}
    return bag.dags


def test_only_a_partner_that_pulls_is_watched_and_reported(dags):
    verbs = {name for name in dags if name.split("__")[0] in SCHEDULES}
    assert verbs == {"watch_pull__alpha", "report_pull__alpha"}


@pytest.mark.parametrize("verb", SCHEDULES)
def test_they_run_on_their_schedule_and_obey_the_house_rules(dags, verb):
    dag = dags[f"{verb}__alpha"]
    assert dag.timetable.expression == SCHEDULES[verb]
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert {"pull", "alpha"} <= dag.tags
    for heading in ("**Promise.**", "**When it runs.**", "**When it is red.**", "**Params.**", "**Backfill.**"):
        assert heading in dag.doc_md
    for task in dag.tasks:
        assert (task.owner, task.retries, task.retry_policy) == ("DevOps", 2, RETRIES)
        assert task.execution_timeout is not None
