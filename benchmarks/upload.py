"""Upload: one large file through the delivery client, beside curl with the same file to the same sink."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import MIB, Figure, Sizes, median_ratio, say
from benchmarks.serving import start_server
from tools.processes import Processes

SMALL_MIB = 64
MEMORY_LIMIT_MIB = 32
CURL = "curl -F file=@ of the same file to the same sink"
UPLOAD_PATIENCE_S = 600


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Throughput of each way, medians of alternating rounds, and the growth of memory for two sizes of file."""
    large, small = folder / "large.mp4", folder / "small.mp4"
    say(f"upload: writing a file of {sizes.upload_mib} MiB")
    digest = _write_random(large, sizes.upload_mib)
    _write_random(small, min(SMALL_MIB, sizes.upload_mib))
    with Processes() as processes:
        sink = start_server(processes, folder, "sink")
        host = start_server(processes, folder, "files", str(folder))
        from_host: dict[str, Any] = {"sink": sink, "media_host": host, "name": large.name, "scratch": str(folder)}
        jobs: dict[str, dict[str, Any]] = {
            "file": {"sink": sink, "file": str(large)},
            "media host": from_host | {"sha256": None},
            "media host, SHA-256": from_host | {"sha256": digest},
        }
        seconds: dict[str, list[float]] = {"curl": [], **{name: [] for name in jobs}}
        grown_mib: dict[str, float] = dict.fromkeys(jobs, 0.0)
        for number in range(1, sizes.upload_rounds + 1):
            seconds["curl"].append(_curl(sink, large))
            for name, job in jobs.items():
                took = _ours(job)
                seconds[name].append(took["seconds"])
                grown_mib[name] = max(grown_mib[name], took["grown_bytes"] / MIB)
            said = ", ".join(f"{name} {sizes.upload_mib / tries[-1]:.0f} MiB/s" for name, tries in seconds.items())
            say(f"upload: round {number} of {sizes.upload_rounds}: {said}")
        small_mib = _ours({"sink": sink, "file": str(small)})["grown_bytes"] / MIB
    yield from _speeds(sizes.upload_mib, seconds)
    limit = f"the limit of {MEMORY_LIMIT_MIB} MiB"
    for name, value in (
        ("upload_memory_growth_small_file", small_mib),
        ("upload_memory_growth", grown_mib["file"]),
        ("upload_memory_growth_media_host", grown_mib["media host, SHA-256"]),
    ):
        yield Figure(name, value, "MiB", value / MEMORY_LIMIT_MIB, limit)
    large.unlink()


def _speeds(size_mib: int, seconds: dict[str, list[float]]) -> Iterator[Figure]:
    speeds = {name: [size_mib / taken for taken in tries] for name, tries in seconds.items()}
    yield Figure("upload_curl", statistics.median(speeds["curl"]), "MiB/s")
    for name, own, other, what in (
        ("upload", "file", "curl", CURL),
        ("upload_from_media_host", "media host", "curl", CURL),
        ("upload_from_media_host_sha256", "media host, SHA-256", "media host", "the same without a SHA-256 to check"),
    ):
        ratio = median_ratio(speeds[own], speeds[other])
        yield Figure(name, statistics.median(speeds[own]), "MiB/s", ratio, what)


def _write_random(path: Path, size_mib: int) -> str:
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


def _ours(job: dict[str, Any]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.sending", json.dumps(job)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=UPLOAD_PATIENCE_S)
    took: dict[str, float] = json.loads(done.stdout)
    return took


def _curl(sink: str, path: Path) -> float:
    """curl's own time for the transfer, in seconds."""
    curl = shutil.which("curl")
    if curl is None:
        raise SystemExit("the upload is compared with curl, which is not installed")
    command = [curl, "--silent", "--fail", "--noproxy", "*", "--output", os.devnull, "--write-out", "%{time_total}"]
    command += ["-F", "metadata={}", "-F", f"file=@{path};type=video/mp4", f"{sink}/api/ingesta/contenido"]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=UPLOAD_PATIENCE_S)
    return float(done.stdout)
