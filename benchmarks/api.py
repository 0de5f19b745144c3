"""The figure `api`: pages and 304s of the delivery API, beside the same bytes from nginx as files; wrk counts both."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from benchmarks.api_items import make_generation, make_users
from benchmarks.figures import MIB, Figure, Sizes, say
from tools.local import free_port
from tools.processes import Processes, has_ended, last_lines

SMALL_ITEMS = 10_000
MEMORY_MIB, P99_MS = 200, 100
PAGE_ITEMS, PAGES_MAX = 100, 64
CONNECTIONS = 50
START_MAX_S = 180
MISSING = "install both on Debian: `apt-get install wrk nginx-light`"
NGINX = """daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/nginx-error.log;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000000; types {{ application/json json; }}
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
  uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s; server {{ listen 127.0.0.1:{port}; root {folder}/pages; }} }}
"""
SCRIPT = """local calls, at = {{}}, 0
init = function(args)
{calls}
end
request = function() at = at % #calls + 1; return calls[at] end
"""
REQUESTS = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
P99 = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s)\s*$", re.MULTILINE)
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def nginx_path() -> str | None:
    """Where nginx is; Debian has it in a folder that not everybody's PATH names."""
    return shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")


@dataclass(frozen=True, slots=True)
class Speed:
    """What wrk counted: answers a second, and the latency under which 99 % of them stay, in ms."""

    answers: float
    p99_ms: float


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Answers a second with one and with two workers, and the memory of a worker with many items and with few."""
    wrk, nginx = shutil.which("wrk"), nginx_path()
    if wrk is None or nginx is None:
        for name in ("api_pages", "api_unchanged", "api_pages_two_workers", "api_unchanged_two_workers"):
            yield Figure(name, None, "1/s", missing=MISSING)
        return
    token = make_users(folder)
    say(f"api: making a generation of {sizes.api_items} items")
    make_generation(folder / "root", sizes.api_items)
    for workers in (1, 2):
        yield from _measure_workers(Bench(folder, token, wrk, nginx, sizes.api_seconds), workers)
    (folder / "small").mkdir()
    make_generation(folder / "small" / "root", min(SMALL_ITEMS, sizes.api_items))
    bench = Bench(folder, token, wrk, nginx, sizes.api_seconds)
    with bench.served(folder / "small" / "root", 1) as (url, pids):
        bench.speed(url, bench.api_calls(url))
        memory = _memory_mib(pids)
    yield Figure("api_memory_small", memory, "MiB", memory / MEMORY_MIB, "the limit, 200 MiB a worker")


def _measure_workers(bench: Bench, workers: int) -> Iterator[Figure]:
    suffix = "" if workers == 1 else "_two_workers"
    with bench.served(bench.folder / "root", workers) as (url, pids):
        calls = bench.api_calls(url)
        bench.save_pages(calls)
        with bench.nginx_served(workers) as files_url:
            files = bench.file_calls(len(calls))
            api, static = bench.speed(url, calls), bench.speed(files_url, files)
            yield Figure(f"api_nginx_pages{suffix}", static.answers, "1/s")
            compared = "the same bytes from nginx as files, as many processes"
            yield Figure(f"api_pages{suffix}", api.answers, "1/s", api.answers / static.answers, compared)
            yield Figure(f"api_pages_p99{suffix}", api.p99_ms, "ms", api.p99_ms / P99_MS, "the limit, 100 ms")
            api = bench.speed(url, bench.unchanged(url, calls))
            static = bench.speed(files_url, bench.unchanged(files_url, files))
            yield Figure(f"api_nginx_unchanged{suffix}", static.answers, "1/s")
            yield Figure(f"api_unchanged{suffix}", api.answers, "1/s", api.answers / static.answers, compared)
        if workers == 1:
            yield from _measure_granian(bench, calls, url)
        memory = _memory_mib(pids)
        yield Figure(f"api_memory{suffix}", memory, "MiB", memory / MEMORY_MIB, "the limit, 200 MiB a worker")


def _measure_granian(bench: Bench, calls: Calls, url: str) -> Iterator[Figure]:
    """The same application on Granian, and on its own server just before and after: which of the two is better."""
    with bench.granian_served() as other_url:
        moved = [(call.replace(url, other_url, 1), headers) for call, headers in calls]
        before, other = bench.speed(url, calls), bench.speed(other_url, moved)
        own = max(before.answers, bench.speed(url, calls).answers)
    compared = "uvicorn with the API's own protocol, in the same minute"
    yield Figure("api_pages_granian", other.answers, "1/s", other.answers / own, compared)


Calls = list[tuple[str, dict[str, str]]]


@dataclass(frozen=True, slots=True)
class Bench:
    """The programs and folders of a run."""

    folder: Path
    token: str
    wrk: str
    nginx: str
    seconds: int

    @contextlib.contextmanager
    def served(self, root: Path, workers: int) -> Iterator[tuple[str, list[int]]]:
        """The address of the delivery API, and the processes of its workers."""
        log = self.folder / f"serve-api-{workers}.log"
        log.unlink(missing_ok=True)
        command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", str(root), "--port", "0"]
        command += ["--annexes", str(self.folder / "annexes"), "--ledger", str(self.folder / "ledger.sqlite")]
        command += ["--workers", str(workers), "--spool", str(self.folder / "spool")]
        with Processes() as processes:
            child = processes.start("serve-api", command, log, {**os.environ, "PYTHONUNBUFFERED": "1"})
            deadline = datetime.now(UTC).timestamp() + START_MAX_S
            while (found := re.search(r"at (http://\S+)\n", log.read_text())) is None:
                if has_ended(child) or datetime.now(UTC).timestamp() > deadline:
                    raise SystemExit(f"the delivery API did not start:\n{last_lines(log)}")
            children = Path(f"/proc/{child.pid}/task/{child.pid}/children").read_text().split()
            spawned = [pid for pid in children if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
            yield found[1], [int(pid) for pid in spawned]

    @contextlib.contextmanager
    def nginx_served(self, workers: int) -> Iterator[str]:
        """The address of nginx with the saved pages."""
        port = free_port()
        configuration = self.folder / "nginx.conf"
        configuration.write_text(NGINX.format(workers=workers, folder=self.folder, port=port))
        if os.geteuid() == 0:
            configuration.write_text(f"user root; {configuration.read_text()}")
        with Processes() as processes:
            command = [self.nginx, "-c", str(configuration), "-p", str(self.folder), "-e", str(self.folder / "error")]
            processes.start("nginx", command, self.folder / "nginx.log", os.environ)
            url = f"http://127.0.0.1:{port}"
            httpx.Client(transport=httpx.HTTPTransport(retries=8)).get(f"{url}/0.json").raise_for_status()
            yield url

    @contextlib.contextmanager
    def granian_served(self) -> Iterator[str]:
        """The address of the delivery API on Granian."""
        port, log = free_port(), self.folder / "granian.log"
        command = [sys.executable, "-m", "benchmarks.granian_server", str(self.folder), str(self.folder / "root")]
        with Processes() as processes:
            child = processes.start("granian", [*command, str(port)], log, os.environ)
            deadline = datetime.now(UTC).timestamp() + START_MAX_S
            while not _is_healthy(f"http://127.0.0.1:{port}/healthz"):
                if has_ended(child) or datetime.now(UTC).timestamp() > deadline:
                    raise SystemExit(f"granian did not start:\n{last_lines(log)}")
            yield f"http://127.0.0.1:{port}"

    def api_calls(self, url: str) -> Calls:
        """Calls for different pages of the list, at most PAGES_MAX."""
        headers = {"Authorization": f"Bearer {self.token}"}
        first = httpx.get(f"{url}/v1/shows?page_size={PAGE_ITEMS}", headers=headers).raise_for_status().json()
        pages = max(1, min(PAGES_MAX, first["total"] // PAGE_ITEMS))
        return [(f"{url}/v1/shows?page={page + 1}&page_size={PAGE_ITEMS}", headers) for page in range(pages)]

    def save_pages(self, calls: Calls) -> None:
        """Writes the pages as files for nginx."""
        pages = self.folder / "pages"
        pages.mkdir(exist_ok=True)
        for number, (url, headers) in enumerate(calls):
            answer = httpx.get(url, headers=headers | {"Accept-Encoding": "identity"}).raise_for_status()
            (pages / f"{number}.json").write_bytes(answer.content)

    def file_calls(self, number: int) -> Calls:
        """The same calls for nginx; it gets as many bytes of headers."""
        return [(f"/{page}.json", {"Authorization": f"Bearer {self.token}"}) for page in range(number)]

    @staticmethod
    def unchanged(base: str, calls: Calls) -> Calls:
        """The calls with the ETag of what they get."""
        found = []
        for url, headers in calls:
            whole = url if url.startswith("http") else f"{base}{url}"
            answer = httpx.get(whole, headers=headers | {"Accept-Encoding": "identity"}).raise_for_status()
            found.append((url, headers | {"If-None-Match": answer.headers["etag"]}))
        return found

    def speed(self, url: str, calls: Calls) -> Speed:
        """What wrk counts over 50 connections, after a second to warm up; SystemExit where an answer is an error."""
        script = self.folder / "calls.lua"
        lines = [
            f"  calls[{number + 1}] = wrk.format('GET', '{path.removeprefix(url)}', {{{_lua(headers)}}})"
            for number, (path, headers) in enumerate(calls)
        ]
        script.write_text(SCRIPT.format(calls="\n".join(lines)))
        command = [self.wrk, "-t1", f"-c{CONNECTIONS}", "--latency", "--timeout=30s", "-s", str(script)]
        subprocess.run([*command, "-d1s", url], capture_output=True, check=True)
        told = subprocess.run([*command, f"-d{self.seconds}s", url], capture_output=True, check=True, text=True).stdout
        requests, p99 = REQUESTS.search(told), P99.search(told)
        if requests is None or p99 is None or "Non-2xx" in told or "Socket errors" in told:
            raise SystemExit(f"api: wrk says of {url}:\n{told}")
        return Speed(float(requests[1]), float(p99[1]) * MILLISECONDS[p99[2]])


def _is_healthy(url: str) -> bool:
    try:
        return httpx.get(url).status_code < 600
    except httpx.TransportError:
        time.sleep(0.05)
        return False


def _lua(headers: dict[str, str]) -> str:
    return ", ".join(f"['{name}'] = '{value}'" for name, value in {"Host": "127.0.0.1", **headers}.items())


def _memory_mib(pids: list[int]) -> float:
    """The largest worker's peak, in MiB."""
    found = [re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text()) for pid in pids]
    return max(int(one[1]) * 1024 / MIB for one in found if one)
