"""`make cluster`: what ends is started again, partners have names of their own, and the partners' book is counted."""

from __future__ import annotations

import os
import signal
import sys
import time

import httpx
import pytest
import yaml

from edye_delivery.annex.load import load_annexes
from edye_delivery.dag_support.queues import QUEUES
from tools.cluster import supervisor
from tools.cluster.outcome import Arrivals, arrivals_of
from tools.cluster.partners import write_annexes
from tools.cluster.runs import RUNS_MAX, Runs
from tools.cluster.services import SLOTS, components
from tools.cluster.strikes import Kind, Strike, Strikes, strikes_of
from tools.cluster.supervisor import Supervisor
from tools.processes import birth_of, has_ended, last_lines

PARENT = (
    "import subprocess, sys, time;"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']);"
    "print(child.pid, flush=True); time.sleep(60)"
)


def content(external_id, partner="alpha", status="completed"):
    return {"external_id": external_id, "status": status, "metadata": {"id_cliente": partner}}


def until(is_reached):
    deadline = time.monotonic() + 20
    while not is_reached():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def no_delay(monkeypatch):
    monkeypatch.setattr(supervisor, "RESTART_DELAY_S", 0.0)


def test_a_killed_child_is_started_again_and_its_own_children_end(tmp_path, no_delay):
    log = tmp_path / "parent.log"
    with Supervisor() as processes:
        processes.start("parent", [sys.executable, "-c", PARENT], log, dict(os.environ))
        until(lambda: last_lines(log))
        grandchild = int(last_lines(log))
        processes.kill("parent")
        until(lambda: birth_of(grandchild) is None)
        processes.check()
        until(lambda: len(last_lines(log).splitlines()) == 2)
        assert processes.restarts == {"parent": 1}
    until(lambda: birth_of(int(last_lines(log).splitlines()[1])) is None)


def test_what_a_child_leaves_of_its_group_ends_before_it_is_started_again(tmp_path, no_delay):
    log = tmp_path / "parent.log"
    with Supervisor() as processes:
        child = processes.start("parent", [sys.executable, "-c", PARENT], log, dict(os.environ))
        until(lambda: last_lines(log))
        os.kill(child.pid, signal.SIGKILL)
        until(lambda: has_ended(child))
        processes.check()
        until(lambda: birth_of(int(last_lines(log).splitlines()[0])) is None)


def test_the_group_of_a_child_that_was_waited_for_is_left_alone_for_its_number_may_be_anybodys(
    tmp_path, no_delay, monkeypatch
):
    killed = []
    with Supervisor() as processes:
        child = processes.start("short", [sys.executable, "-c", "pass"], tmp_path / "short.log", dict(os.environ))
        child.wait()
        monkeypatch.setattr(os, "killpg", lambda *group: killed.append(group))
        processes.check()
        monkeypatch.undo()
    assert (killed, processes.restarts) == ([], {"short": 1})


def test_a_child_that_ends_ever_again_ends_the_tool_with_its_log(tmp_path, no_delay, monkeypatch):
    monkeypatch.setattr(supervisor, "RESTARTS_MAX", 2)
    command = [sys.executable, "-c", "print('no port is free')"]
    with Supervisor() as processes:
        processes.start("short", command, tmp_path / "short.log", dict(os.environ))
        with pytest.raises(SystemExit, match="no port is free"):
            until(processes.check)


def test_a_title_that_came_twice_is_duplicated_and_one_that_did_not_complete_is_lost():
    book = [content("A"), content("B"), content("B"), content("C", status="error"), content("A", "beta")]
    assert arrivals_of(book, {"alpha": 3, "beta": 1}) == Arrivals(titles=4, completed=3, lost=1, duplicated=1)


def test_a_title_of_one_partner_does_not_stand_for_the_same_title_of_another():
    assert arrivals_of([content("A")], {"alpha": 1, "beta": 1}).lost == 1


def test_each_partner_is_a_valid_annex_with_names_and_feeds_of_its_own(tmp_path):
    dags = write_annexes(tmp_path / "annexes", 2)
    assert dags == {"cluster_1": "deliver_api__cluster_1", "cluster_2": "deliver_api__cluster_2"}
    first, second = load_annexes(tmp_path / "annexes").values()
    assert first.ftp is None
    assert first.schedule is None
    assert first.naming.other != second.naming.other
    files = [yaml.safe_load(path.read_text()) for path in sorted((tmp_path / "annexes").iterdir())]
    assert len({feed["prefix"] for file in files for feed in file["feeds"]}) == 2 * len(files[0]["feeds"])


def test_every_queue_has_a_worker_and_every_process_ports_of_its_own():
    found = components()
    names = [component.name for component in found]
    assert names[:2] == ["scheduler-1", "triggerer-1"]
    assert {f"worker-{queue}" for queue in SLOTS} <= set(names)
    ports = [port for component in found for port in component.variables.values()]
    assert len(set(ports)) == len(ports)


def test_a_seed_gives_the_same_strikes_one_of_each_kind_each_later_than_the_one_before():
    plan = strikes_of(7)
    assert plan == strikes_of(7)
    assert {strike.kind for strike in plan} == set(Kind)
    assert [strike.at_s for strike in plan] == sorted({strike.at_s for strike in plan})
    assert strikes_of(8) != plan
    assert {strike.target for seed in range(40) for strike in strikes_of(seed, [Kind.WORKER])} == {
        f"worker-{queue}" for queue in QUEUES
    }


def test_a_strike_falls_when_its_time_has_come_and_only_once():
    now, killed, restarts = [0.0], [], []
    plan = [Strike(5.0, Kind.BROKER, "valkey"), Strike(9.0, Kind.DATABASE, "postgresql")]
    strikes = Strikes(plan, killed.append, lambda: restarts.append("postgresql"), lambda: now[0])
    now[0] = 100.0
    assert strikes.look() is None  # nothing has begun
    strikes.begin()
    assert strikes.look() is None
    now[0] = 120.0
    strikes.begin()
    assert [strikes.look(), strikes.look(), strikes.look()] == [*plan, None]
    assert (killed, restarts, strikes.struck) == (["valkey"], ["postgresql"], plan)


class Airflow:
    """Answers as Airflow's API with the states that it is given, one for each call."""

    def __init__(self, *states):
        self.states, self.asked = list(states), 0

    def trigger(self, dag_id, conf):
        self.asked += 1
        return {"dag_run_id": f"run-{self.asked}"}

    def call(self, method, path, **_):
        state = self.states.pop(0)
        if isinstance(state, Exception):
            raise state
        return {"state": state, "total_entries": 7}


def test_a_red_run_is_followed_by_another_and_an_api_that_is_away_changes_nothing():
    airflow = Airflow("running", httpx.ConnectError("refused"), "failed", "success")
    runs = Runs(airflow, ["deliver"], {})
    for _ in range(4):
        assert not runs.is_over
        runs.look()
    assert runs.is_over
    assert (runs.count, runs.red) == (2, [])


def test_a_window_that_stays_red_is_not_run_for_ever():
    runs = Runs(Airflow(*["failed"] * RUNS_MAX), ["deliver"], {})
    while not runs.is_over:
        runs.look()
    assert (runs.count, runs.red) == (RUNS_MAX, ["deliver"])
    runs._system.states = [""] * RUNS_MAX
    assert runs.task_instances() == 7 * RUNS_MAX
