"""Troubles that a task process starts for itself: kill -9 to the millisecond, a sleep, a full disk."""

from __future__ import annotations

import os
import resource
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.chaos import files
from tools.chaos.places import Round


def plan(place: Round, number: int, task_id: str, **what: Any) -> Path:
    """Plans a trouble for the next start of a task; the file that is there once it has struck."""
    files.write(place.inflicted / f"{number}.json", {"task_id": task_id, **what})
    return place.inflicted / f"{number}.struck"


@contextmanager
def trouble(place: Round, task_id: str, asleep: Path) -> Iterator[None]:
    """What was planned for this task and has not struck yet, one thing a start; `asleep` is made when it is stopped."""
    for path in sorted(place.inflicted.glob("*.json")):
        planned = files.read(path)
        if planned["task_id"] != task_id or not files.claim(path.with_suffix(".taken"), files.this_process()):
            continue
        if "kill_after_s" in planned:
            _kill_this_process(planned["kill_after_s"], path.with_suffix(".struck"))
        elif "sleep_after_s" in planned:
            _stop_this_process(planned, path.with_suffix(".struck"), asleep)
        else:
            with _full_disk(planned["room_bytes"]):
                yield
            files.write(path.with_suffix(".struck"), planned)
            return
        break
    yield


def _kill_this_process(after_s: float, struck: Path) -> None:
    """A child kills this process after so long, if it is still there."""
    victim = os.getpid()
    if os.fork():
        return
    try:
        time.sleep(after_s)
        if os.getppid() == victim:
            files.write(struck, {"pid": victim})
            os.kill(victim, signal.SIGKILL)
    finally:
        os._exit(0)


def _stop_this_process(planned: dict[str, Any], struck: Path, asleep: Path) -> None:
    """A child stops this process after so long, and lets it go on when its lease is long over."""
    victim = files.this_process()
    if os.fork():
        return
    try:
        time.sleep(planned["sleep_after_s"])
        if files.kill(victim, signal.SIGSTOP):
            files.write(struck, victim)
            files.write(asleep, victim)
            time.sleep(planned["sleeps_s"])
            files.kill(victim, signal.SIGCONT)
    finally:
        os._exit(0)


@contextmanager
def _full_disk(room_bytes: int) -> Iterator[None]:
    """No file of this process grows beyond so many bytes: writes end with EFBIG. What it says is dropped."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    void = os.open(os.devnull, os.O_WRONLY)  # its log, too, is a file that could not grow
    for descriptor in (1, 2):
        os.dup2(void, descriptor)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room_bytes, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
