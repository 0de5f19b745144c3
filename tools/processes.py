"""Child processes of the local tools: started in groups of their own, and all ended with the tool that started them."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

STOP_TIMEOUT_S = 20.0
THIS_TOOL = "this tool"
PRIVATE_MODE, PRIVATE_UMASK = 0o600, 0o077


class Processes:
    """The children of one tool; leaving the block ends them, last started first."""

    def __init__(self, record: Path | None = None) -> None:
        self._children: list[tuple[str, subprocess.Popen[bytes], signal.Signals]] = []
        self._record = record
        self._note_down()

    def __enter__(self) -> Processes:
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(
        self,
        name: str,
        command: list[str],
        log: Path,
        variables: Mapping[str, str],
        *,
        stdout: int | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
    ) -> subprocess.Popen[bytes]:
        """Starts a child whose output goes to a log file; `stop_signal` is the one that ends it.

        The log, and whatever files the child makes, are for this user alone.
        """
        log.parent.mkdir(parents=True, exist_ok=True)
        with open_private(log, os.O_APPEND) as output:
            child = subprocess.Popen(
                command,
                env=dict(variables),
                stdout=output if stdout is None else stdout,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                umask=PRIVATE_UMASK,
            )
        self._children.append((name, child, stop_signal))
        self._note_down()
        return child

    def check(self) -> str | None:
        """The name of a child that has ended by itself; None while all run."""
        return next((name for name, child, _ in self._children if has_ended(child)), None)

    def stop(self) -> None:
        """Its signal to every group, and SIGKILL to what is still there after twenty seconds."""
        children, self._children = self._children[::-1], []
        for _, child, stop_signal in children:
            _signal_group(child, stop_signal)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        for _, child, _ in children:
            while not has_ended(child) and time.monotonic() < deadline:
                time.sleep(0.02)
            kill_group(child)
        if self._record is not None:
            self._record.unlink(missing_ok=True)

    def _note_down(self) -> None:
        """Writes name, pid, birth and signal of every process, so that another tool can end exactly these."""
        if self._record is not None:
            self._record.parent.mkdir(parents=True, exist_ok=True)
            known = [(THIS_TOOL, os.getpid(), signal.SIGTERM)]
            known += [(name, child.pid, stop_signal) for name, child, stop_signal in self._children]
            rows = [
                {"name": name, "pid": pid, "birth": birth_of(pid), "signal": int(number)} for name, pid, number in known
            ]
            fresh = self._record.with_suffix(".new")
            fresh.write_text(json.dumps(rows))
            os.replace(fresh, self._record)


def end_recorded(record: Path, *, only_ask: bool = False) -> list[str]:
    """Ends the recorded processes that still live, the tool first, which ends its own children; their names."""
    if not record.exists():
        return []
    alive = [row for row in json.loads(record.read_text()) if _lives(row)]
    if only_ask:
        return [row["name"] for row in alive]
    deadline = time.monotonic() + 2 * STOP_TIMEOUT_S
    for row in alive:
        with contextlib.suppress(ProcessLookupError):
            os.kill(row["pid"], row["signal"])
        while row["name"] == THIS_TOOL and _lives(row) and time.monotonic() < deadline:
            time.sleep(0.1)
    while any(_lives(row) for row in alive) and time.monotonic() < deadline:
        time.sleep(0.1)
    record.unlink(missing_ok=True)
    return [row["name"] for row in alive]


def _lives(row: dict[str, Any]) -> bool:
    return birth_of(row["pid"]) == row["birth"]


def wait_for_turn(record: Path) -> None:
    """Waits for the tool that is at work under this record, if any; then ends what a killed one left running."""
    while THIS_TOOL in end_recorded(record, only_ask=True):
        time.sleep(0.2)
    end_recorded(record)


def birth_of(pid: int) -> str | None:
    """When a process was born, as the system counts it, to tell it from a later one of the same pid; None if gone."""
    table = Path("/proc/self/stat")
    if not table.exists():  # not Linux
        command = ["/bin/ps", "-o", "lstart=", "-p", str(pid)]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip() or None
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, started_ticks = fields[0], fields[19]
    return started_ticks if state != "Z" else None


def open_private(path: Path, flags: int) -> IO[bytes]:
    """The file opened to write, made where it is missing; nobody else can read it, even if it was there before."""
    file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, PRIVATE_MODE), "wb")
    os.fchmod(file.fileno(), PRIVATE_MODE)
    return file


def has_ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether a child has ended. It is not waited for: until then its number, and its group's, are nobody else's."""
    if child.returncode is not None or not hasattr(os, "waitid"):  # macOS has it since Python 3.13
        return child.poll() is not None
    return os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def wait_for_end(child: subprocess.Popen[bytes]) -> None:
    """Waits until the child has ended, and leaves its group to whoever stops it."""
    while not has_ended(child):
        time.sleep(0.02)


def kill_group(child: subprocess.Popen[bytes]) -> None:
    """Kills a child and all that it started in its group, and waits for the child; nothing where it was waited for."""
    _signal_group(child, signal.SIGKILL)
    child.wait()


def _signal_group(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.returncode is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS: the latter for a group that has ended
            os.killpg(child.pid, number)


def last_lines(log: Path, count: int = 15) -> str:
    """The end of a log, for a message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
