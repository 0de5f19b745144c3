"""Child processes end with the tool that started them, and `make down` ends exactly these."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tools.local import PROJECT
from tools.processes import STOP_TIMEOUT_S, Processes, birth_of, end_recorded, last_lines, wait_for_turn

SLEEPER = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)",
]


def started(processes, tmp_path, command=SLEEPER):
    log = tmp_path / "child.log"
    child = processes.start("child", command, log, dict(os.environ))
    while "up" not in last_lines(log):
        time.sleep(0.01)
    return child


def test_leaving_the_block_ends_the_children(tmp_path):
    with Processes() as processes:
        child = started(processes, tmp_path)
        assert processes.check() is None
    assert child.returncode is not None
    assert birth_of(child.pid) is None


def test_a_log_and_what_a_child_makes_is_readable_by_its_owner_alone(tmp_path):
    (tmp_path / "child.log").write_text("of a day on which everybody could read it\n")
    (tmp_path / "child.log").chmod(0o644)
    command = [sys.executable, "-c", "open('made', 'w').close(); print('up', flush=True)"]
    with Processes() as processes:
        child = processes.start(
            "child", ["env", "-C", str(tmp_path), *command], tmp_path / "child.log", dict(os.environ)
        )
        child.wait(30)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"child.log": 0o600, "made": 0o600}
    assert "everybody could read it\nup" in (tmp_path / "child.log").read_text()


def test_a_child_that_ignores_the_signal_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("tools.processes.STOP_TIMEOUT_S", 0.5)
    with Processes() as processes:
        child = started(processes, tmp_path, STUBBORN)
    assert child.returncode == -9


def test_a_child_that_takes_the_usual_signal_for_itself_is_ended_by_its_own(tmp_path):
    with Processes() as processes:
        begun, log = time.monotonic(), tmp_path / "log"
        child = processes.start("child", STUBBORN, log, dict(os.environ), stop_signal=signal.SIGKILL)
        while "up" not in last_lines(log):
            time.sleep(0.01)
    assert child.returncode == -9
    assert time.monotonic() - begun < STOP_TIMEOUT_S


def test_a_child_that_ends_by_itself_is_named(tmp_path):
    with Processes() as processes:
        processes.start("short", [sys.executable, "-c", ""], tmp_path / "log", dict(os.environ)).wait()
        assert processes.check() == "short"


def test_only_recorded_processes_that_are_still_the_same_are_ended(tmp_path):
    record = tmp_path / "up.json"
    with Processes() as processes:
        child = started(processes, tmp_path)
        rows = [{"name": "child", "pid": child.pid, "birth": birth_of(child.pid), "signal": 15}]
        rows.append({"name": "somebody else", "pid": os.getpid(), "birth": "another", "signal": 15})
        record.write_text(json.dumps(rows))
        assert end_recorded(record, only_ask=True) == ["child"]
        assert end_recorded(record) == ["child"]
        assert child.wait(10) != 0
    assert not record.exists()
    assert end_recorded(record) == []


TOOL = """
import os, sys, time
from pathlib import Path
from tools.processes import Processes
with Processes(Path(sys.argv[1])) as processes:
    processes.start("child", [sys.executable, "-c", "import time; time.sleep(60)"], Path(sys.argv[2]), os.environ)
    print("up", flush=True)
    time.sleep(float(sys.argv[3]))
"""


def tool_at_work(tmp_path, seconds):
    record, log = tmp_path / "run.json", tmp_path / "child.log"
    command = [sys.executable, "-c", TOOL, str(record), str(log), str(seconds)]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT)}
    tool = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE)
    assert tool.stdout.readline() == b"up\n"
    return tool, record


def test_a_second_tool_waits_for_the_first(tmp_path):
    tool, record = tool_at_work(tmp_path, 0.5)
    with tool:
        wait_for_turn(record)
        assert tool.wait(5) == 0
    assert not record.exists()


def test_what_a_killed_tool_left_running_is_ended_by_the_next(tmp_path):
    tool, record = tool_at_work(tmp_path, 60)
    child = next(row for row in json.loads(record.read_text()) if row["name"] == "child")
    with tool:
        tool.kill()
        tool.wait(5)
        assert birth_of(child["pid"]) == child["birth"]
        wait_for_turn(record)
    assert birth_of(child["pid"]) is None


@pytest.mark.parametrize("count", [1, 3])
def test_the_end_of_a_log_is_for_messages(tmp_path, count):
    log = tmp_path / "log"
    log.write_text("\n".join("abcde"))
    assert last_lines(log, count) == "\n".join("abcde"[-count:])
    assert last_lines(tmp_path / "none") == "(no log)"
