"""check_jw_player: it runs nightly, obeys the house rules, and says in its form how to use it."""

from __future__ import annotations

import itertools
import socket

import pytest

from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.defaults import RETRIES, Tag
from tests.builders import PROJECT

CHAIN = ["check_request", "fetch_catalogue", "sweep_media", "compare_libraries", "confirm_check"]


@pytest.fixture
def dag(monkeypatch):
    def refused(*args, **kwargs):
        raise AssertionError("a DAG file opened a socket while it was parsed")

    from airflow.dag_processing.dagbag import DagBag

    monkeypatch.setattr(socket.socket, "connect", refused)
    bag = DagBag(dag_folder=str(PROJECT / "dags" / "jw_player.py"))
    assert bag.import_errors == {}
    return bag.dags["check_jw_player"]


def test_it_reads_the_catalogue_before_jw_player_and_compares_after_both(dag):
    assert set(dag.task_ids) == set(CHAIN)
    for before, after in itertools.pairwise(CHAIN):
        assert before in dag.get_task(after).upstream_task_ids


def test_it_runs_each_night_one_run_at_a_time_and_never_for_the_past(dag):
    assert (type(dag.timetable).__name__, dag.timetable.expression) == ("CronDataIntervalTimetable", "0 5 * * *")
    assert (dag.catchup, dag.max_active_runs) == (False, 1)
    assert dag.tags == {Tag.JW_PLAYER}


def test_it_obeys_the_house_rules(dag):
    parts = ("**Promise.**", "**When it runs.**", "**When it is red.**", "**Params.**", "**Backfill.**")
    places = [dag.doc_md.index(part) for part in parts]
    assert places == sorted(places)
    for task in dag.tasks:
        assert (task.owner, task.retry_policy) == ("DevOps", RETRIES)
        assert task.retries >= 1
        assert task.execution_timeout is not None


def test_every_param_has_type_title_sentence_and_a_default_that_is_allowed(dag):
    assert set(dag.params) == {"external_ids", "partner", "max_loss_percent"}
    for name in dag.params:
        param = dag.params.get_param(name)
        assert {"type", "title"} <= param.schema.keys(), name
        assert param.description, name
        param.resolve()
    assert dag.params.get_param("partner").schema["examples"] == sorted(annexes())


def test_parsing_twice_gives_the_same_dag(dag):
    from airflow.dag_processing.dagbag import DagBag
    from airflow.serialization.serialized_objects import DagSerialization

    again = DagBag(dag_folder=str(PROJECT / "dags" / "jw_player.py")).dags["check_jw_player"]
    assert DagSerialization.to_dict(again) == DagSerialization.to_dict(dag)
