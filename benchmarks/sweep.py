"""Sweep: all media of a JW Player without its limit a minute, beside curl, which reads and drops the same pages.

Then the comparison of such a library with the catalogue, beside a join in SQLite.
"""

from __future__ import annotations

import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import MIB, Figure, Sizes, median_ratio, say
from benchmarks.serving import told_by
from sandbox.jw_player import TOKEN
from tools.processes import Processes

SMALL_MEDIA = 5_000
TIMEOUT_S = 1800


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds and peak memory of a sweep, and of curl over the same addresses, by turns."""
    say(f"sweep: {sizes.sweep_media} media, {sizes.sweep_rounds} times")
    with Processes() as processes:
        small = _sweep(_serve(processes, folder, min(SMALL_MEDIA, sizes.sweep_media)))
        url = _serve(processes, folder, sizes.sweep_media)
        ours, plain, peaks = [], [], []
        for _ in range(sizes.sweep_rounds):
            told = _sweep(url)
            if told["sentence"] or told["media"] != sizes.sweep_media:
                raise SystemExit(f"sweep: {told['media']} media, {told['sentence']}; a figure would mean nothing")
            plain.append(_curl_s(told["addresses"], folder))
            ours.append(told["seconds"])
            peaks.append(told["peak_bytes"])
    say(f"sweep: {told['calls']} calls, {sizes.sweep_media / statistics.median(ours):.0f} media/s")
    yield Figure("sweep_curl", statistics.median(plain), "s")
    compared_to = "curl over the same addresses, which parses and keeps nothing"
    yield Figure("sweep", statistics.median(ours), "s", median_ratio(ours, plain), compared_to)
    yield Figure("sweep_calls", told["calls"], "calls", told["calls"] / (sizes.sweep_media / 1000), "full pages")
    yield Figure("sweep_memory_small", small["peak_bytes"] / MIB, "MiB")
    compared_to = f"a library of {small['media']} media"
    yield Figure("sweep_memory", max(peaks) / MIB, "MiB", max(peaks) / small["peak_bytes"], compared_to)
    yield from _measure_comparison(sizes, folder)


def _measure_comparison(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds and peak memory of a comparison, and of a join in SQLite of the same columns, by turns."""
    say(f"compare: {sizes.compare_media} media, {sizes.sweep_rounds} times")
    few, many = min(SMALL_MEDIA, sizes.compare_media), sizes.compare_media
    small = _compare("ours", few, _made(few, folder / "few"))
    made, ours, plain, peaks = _made(many, folder / "many"), list[float](), list[float](), list[int]()
    for _ in range(sizes.sweep_rounds):
        told, joined = _compare("ours", many, made), _compare("sqlite", many, made)
        if told["found"] != joined["found"] or not told["found"]:
            raise SystemExit(f"compare: {told['found']} titles differ, {joined['found']} in SQLite; no figure is right")
        ours.append(told["seconds"])
        plain.append(joined["seconds"])
        peaks.append(told["peak_bytes"])
    say(f"compare: {many / statistics.median(ours):.0f} media/s, {told['found']} differ")
    yield Figure("compare_sqlite", statistics.median(plain), "s")
    compared_to = "json and sqlite3: the same columns inserted and joined"
    yield Figure("compare", statistics.median(ours), "s", median_ratio(ours, plain), compared_to)
    yield Figure("compare_memory_small", small["peak_bytes"] / MIB, "MiB")
    compared_to = f"a library of {few} media"
    yield Figure("compare_memory", max(peaks) / MIB, "MiB", max(peaks) / small["peak_bytes"], compared_to)


def _made(count: int, folder: Path) -> Path:
    """The folder, with a library and a catalogue of so many media."""
    folder.mkdir()
    _compare("make", count, folder)
    return folder


def _compare(way: str, count: int, folder: Path) -> dict[str, Any]:
    job = json.dumps({"way": way, "folder": str(folder), "media": count})
    command = [sys.executable, "-m", "benchmarks.sweep_comparison", job]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1]) if done.stdout else {}
    return told


def _serve(processes: Processes, folder: Path, count: int) -> str:
    """The base URL of a JW Player with so many media, in a process of its own."""
    command = [sys.executable, "-m", "sandbox.jw_player", "--media", str(count), "--calls-a-minute", "0"]
    return f"http://127.0.0.1:{told_by(processes, f'jw-{count}', command, folder / f'jw-{count}.log')[1]['port']}"


def _sweep(url: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.sweep_reading", url]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=TIMEOUT_S)
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return told


def _curl_s(addresses: list[str], folder: Path) -> float:
    """Seconds of one curl process that gets every address over one connection."""
    program = shutil.which("curl")
    if program is None:
        raise SystemExit("sweep: curl is not installed")
    orders = folder / "curl.txt"
    lines = [f'url = "{address}"\noutput = "/dev/null"\n' for address in addresses]
    orders.write_text("".join(lines), encoding="utf-8")
    command = [program, "-sS", "--fail", "--noproxy", "*", "--globoff", "-H", f"Authorization: Bearer {TOKEN}"]
    started = time.perf_counter()
    subprocess.run([*command, "--config", str(orders)], check=True, timeout=TIMEOUT_S)
    return time.perf_counter() - started
