"""One large file sent by the production code and by curl, by turns: what `upload` and `ftp` have in common."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.figures import MIB, Figure, median_ratio, say

MEMORY_LIMIT_MIB = 32
TIMEOUT_S = 600
CURL = "curl"

Job = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Took:
    """What the rounds took: by way the seconds of each round, and the worst growth of memory of ours."""

    size_mib: int
    seconds: dict[str, list[float]]
    grown_mib: dict[str, float]

    def speed(self, figure: str, way: str, other: str | None = None, compared_to: str | None = None) -> Figure:
        """The median speed of one way, beside another way of the same rounds."""
        speeds = {name: [self.size_mib / taken for taken in tries] for name, tries in self.seconds.items()}
        ratio = median_ratio(speeds[way], speeds[other]) if other else None
        return Figure(figure, statistics.median(speeds[way]), "MiB/s", ratio, compared_to)


def by_turns(
    what: str,
    size_mib: int,
    rounds: int,
    curl: tuple[str, ...],
    jobs: dict[str, Job],
    after_each: Callable[[str, int], None] = lambda _way, _round: None,
) -> Took:
    """Rounds of one upload by curl (its arguments) and one by each job; `after_each(way, round)` is not timed."""
    took = Took(size_mib, {name: [] for name in (CURL, *jobs)}, dict.fromkeys(jobs, 0.0))
    for number in range(1, rounds + 1):
        took.seconds[CURL].append(curl_seconds(*curl))
        after_each(CURL, number)
        for name, job in jobs.items():
            result = ours(job)
            after_each(name, number)
            took.seconds[name].append(result["seconds"])
            took.grown_mib[name] = max(took.grown_mib[name], result["grown_bytes"] / MIB)
        text = ", ".join(f"{name} {size_mib / tries[-1]:.0f} MiB/s" for name, tries in took.seconds.items())
        say(f"{what}: round {number} of {rounds}: {text}")
    return took


def memory_growth(figure: str, grown_mib: float) -> Figure:
    """A growth of memory, beside its limit."""
    return Figure(figure, grown_mib, "MiB", grown_mib / MEMORY_LIMIT_MIB, f"the limit of {MEMORY_LIMIT_MIB} MiB")


def ours(job: Job) -> dict[str, float]:
    """One transfer of ours in a fresh process (`benchmarks.sending`)."""
    command = [sys.executable, "-m", "benchmarks.sending", json.dumps(job)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    took: dict[str, float] = json.loads(done.stdout)
    return took


def curl_seconds(*arguments: str) -> float:
    """curl's own time for a transfer."""
    curl = shutil.which("curl")
    if curl is None:
        raise SystemExit("the transfer is compared with curl, which is not installed")
    command = [curl, "--silent", "--fail", "--noproxy", "*", "--output", os.devnull, "--write-out", "%{time_total}"]
    done = subprocess.run([*command, *arguments], stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    return float(done.stdout)


def write_noise(path: Path, size_mib: int) -> str:
    """Real bytes, the same 8 MiB of noise with a counter in each; the file's SHA-256."""
    noise, digest = bytearray(os.urandom(8 * MIB)), hashlib.sha256()
    with path.open("wb") as file:
        for number in range(size_mib):
            start = number % 8 * MIB
            noise[start : start + 8] = number.to_bytes(8, "big")
            block = memoryview(noise)[start : start + MIB]
            digest.update(block)
            file.write(block)
    return digest.hexdigest()
