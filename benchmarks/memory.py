"""The memory of a tree of processes, sampled from /proc while something else runs."""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

PROC = Path("/proc")
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
ROLLUP = re.compile(r"^(Rss|Pss):\s+(\d+) kB", re.MULTILINE)


class PeakMemory:
    """Samples the descendants of a process every five seconds, leaving some subtrees out; keeps the largest sums.

    `rss_bytes` counts memory that processes share once in each of them; `pss_bytes` counts it once in all.
    """

    def __init__(self, root_pid: int, left_out: frozenset[int], every_s: float = 5.0) -> None:
        self.rss_bytes = self.pss_bytes = self.processes = self.samples = 0
        self._root_pid, self._left_out, self._every_s = root_pid, left_out, every_s
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._sample_on, name="memory", daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()

    def _sample_on(self) -> None:
        self._sample()
        while not self._stopped.wait(self._every_s):
            self._sample()

    def _sample(self) -> None:
        pids = list(descendants(self._root_pid, self._left_out))
        sums = {"Rss": 0, "Pss": 0}
        for pid in pids:
            for kind, kib in ROLLUP.findall(_read(PROC / str(pid) / "smaps_rollup")):
                sums[kind] += int(kib) * 1024
        self.rss_bytes, self.pss_bytes = max(self.rss_bytes, sums["Rss"]), max(self.pss_bytes, sums["Pss"])
        self.processes = max(self.processes, len(pids))
        self.samples += 1


def descendants(root_pid: int, left_out: frozenset[int]) -> Iterator[int]:
    """All processes below one, without itself and without the subtrees of those left out."""
    children: dict[int, list[int]] = {}
    for entry in PROC.iterdir():
        if entry.name.isdecimal():
            fields = _read(entry / "stat").rpartition(")")[2].split()
            if fields:
                children.setdefault(int(fields[1]), []).append(int(entry.name))
    waiting = [root_pid]
    while waiting:
        for pid in children.get(waiting.pop(), ()):
            if pid not in left_out:
                yield pid
                waiting.append(pid)


def cpu_seconds(pid: int) -> float:
    """The time that a process and its descendants have computed; that of children that have ended counts too."""
    ticks = 0
    for one in (pid, *descendants(pid, frozenset())):
        fields = _read(PROC / str(one) / "stat").rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS_A_SECOND


def memory_bytes(name: str) -> int:
    """A figure of /proc/self/status: VmRSS is resident memory now, VmHWM its highest so far."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc/self/status has no {name}: memory is measured on Linux only")
    return int(found[1]) * 1024


def _read(path: Path) -> str:
    """A file of /proc, empty where its process has just ended."""
    with contextlib.suppress(OSError):
        return path.read_text(encoding="utf-8", errors="replace")
    return ""
