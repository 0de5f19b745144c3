"""Programs of our own: bounded, ended with all that they began, and never somebody else's in their place."""

from __future__ import annotations

import os
import resource
import subprocess
import sys

import pytest

from edye_delivery.clients import child_process
from edye_delivery.clients.child_process import kill_group, run_process, start_process
from edye_delivery.errors import ConfigurationInvalid
from tests.waiting import until

SLEEP = [sys.executable, "-S", "-c", "import time; time.sleep(300)"]
FORK = [sys.executable, "-S", "-c", "import os, time; os.write(1, b'%d\\n' % os.fork()); time.sleep(300)"]


def is_gone(process_id: int) -> bool:
    try:
        return open(f"/proc/{process_id}/stat").read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


def test_all_that_a_program_began_is_gone_on_leaving():
    with run_process(start_process(FORK, "a test", stdout=subprocess.PIPE)) as process:
        children = {int(process.stdout.readline()) for _ in range(2)} - {0}
    assert process.returncode == -9
    for child in children:
        until(lambda child=child: is_gone(child), "the end of the program's child")


def test_a_number_that_may_be_somebody_elses_by_now_is_not_killed(monkeypatch):
    killed = []
    with run_process(start_process([sys.executable, "-S", "-c", ""], "a test")) as process:
        process.wait()
        monkeypatch.setattr(os, "killpg", lambda *group: killed.append(group))
    kill_group(process)
    assert killed == []


def test_a_program_whose_limits_cannot_be_set_is_not_left_behind(monkeypatch):
    started = []
    popen = subprocess.Popen

    def start(*arguments, **more):
        started.append(popen(*arguments, **more))
        return started[-1]

    def refuse(*_):
        raise PermissionError("the limit is above the one of this machine")

    monkeypatch.setattr(child_process.subprocess, "Popen", start)
    monkeypatch.setattr(resource, "prlimit", refuse)
    with pytest.raises(PermissionError):
        start_process(SLEEP, "a test", memory_bytes=1024**3)
    assert [process.returncode for process in started] == [-9]


def test_a_program_that_is_not_there_is_told_by_its_name():
    with pytest.raises(ConfigurationInvalid, match=r"ffprobe cannot be started as /nowhere/ffprobe: No such file"):
        start_process(["/nowhere/ffprobe"], "ffprobe")
