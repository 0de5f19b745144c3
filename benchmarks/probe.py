"""Probe: what the headers of many videos say, titles a second, beside bare ffprobe calls on the same files."""

from __future__ import annotations

import functools
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.figures import Figure, Sizes, median_ratio, say
from benchmarks.local_media import LocalMedia
from benchmarks.production import media_host
from benchmarks.serving import start_server
from benchmarks.videos import make_titles
from edye_delivery.clients.ffprobe import FFPROBE
from edye_delivery.clients.media import MediaReader
from edye_delivery.clients.probe import probe_video
from edye_delivery.pipeline.check import TITLES_AT_ONCE
from tools.processes import Processes

FFPROBE_TIMEOUT_S = 60
LOCAL_BARE = f"ffprobe -show_streams -show_format of the same local files, {TITLES_AT_ONCE} at once"
HTTP_BARE = f"ffprobe -show_streams -show_format of the same URLs, {TITLES_AT_ONCE} at once"


@dataclass(frozen=True, slots=True)
class Way:
    """One way to look at all titles: looks at the title of a name, or raises."""

    name: str
    look: Callable[[str], None]


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Titles a second of each way, medians of alternating rounds; bytes that a title costs over HTTP."""
    titles, scratch = folder / "titles", folder / "scratch"
    say(f"probe: making {sizes.probe_titles} titles")
    names = make_titles(titles, sizes.probe_titles, sizes.probe_video_s)
    scratch.mkdir()
    speeds: dict[str, list[float]] = {}
    bytes_a_title: dict[str, float] = {}
    with Processes() as processes:
        host = start_server(processes, folder, "files", str(titles))
        for number in range(1, sizes.probe_rounds + 1):
            for way in _ways(titles, scratch, host):
                before = _bytes_sent(host)
                speeds.setdefault(way.name, []).append(_titles_a_second(way, names))
                bytes_a_title[way.name] = (_bytes_sent(host) - before) / len(names)
            text = ", ".join(f"{name} {tries[-1]:.0f} titles/s" for name, tries in speeds.items())
            say(f"probe: round {number} of {sizes.probe_rounds}: {text}")
    yield from _figures(speeds, bytes_a_title)


def _ways(titles: Path, scratch: Path, host: str) -> tuple[Way, ...]:
    return (
        Way("ffprobe_local", lambda name: _bare(str(titles / name))),
        Way("probe_local", functools.partial(_probed, LocalMedia(titles), "http://local", scratch)),
        Way("ffprobe_http", lambda name: _bare(f"{host}/{name}")),
        Way("probe_http", functools.partial(_probed, media_host(host), host, scratch)),
    )


def _titles_a_second(way: Way, names: list[str]) -> float:
    started = time.perf_counter()
    with ThreadPoolExecutor(TITLES_AT_ONCE) as pool:
        for _ in pool.map(way.look, names):
            pass
    return len(names) / (time.perf_counter() - started)


def _probed(reader: MediaReader, base_url: str, scratch: Path, name: str) -> None:
    facts = probe_video(reader, f"{base_url}/{name}", scratch)
    if facts.failure is not None or not facts.duration_s:
        raise SystemExit(f"{name} was not measured: {facts.failure} {facts.detail}")


def _bare(source: str) -> None:
    command = [str(FFPROBE), "-v", "quiet", "-show_streams", "-show_format", "-of", "json", source]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True, timeout=FFPROBE_TIMEOUT_S)


def _bytes_sent(host: str) -> int:
    sent: int = httpx.get(f"{host}/-/sent", trust_env=False).json()["bytes"]
    return sent


def _figures(speeds: dict[str, list[float]], bytes_a_title: dict[str, float]) -> Iterator[Figure]:
    for bare, own, what in (("ffprobe_local", "probe_local", LOCAL_BARE), ("ffprobe_http", "probe_http", HTTP_BARE)):
        yield Figure(bare, statistics.median(speeds[bare]), "titles/s")
        yield Figure(own, statistics.median(speeds[own]), "titles/s", median_ratio(speeds[own], speeds[bare]), what)
    bare_bytes, own_bytes = bytes_a_title["ffprobe_http"], bytes_a_title["probe_http"]
    yield Figure("ffprobe_http_bytes", bare_bytes, "bytes/title")
    yield Figure("probe_http_bytes", own_bytes, "bytes/title", own_bytes / bare_bytes, HTTP_BARE)
