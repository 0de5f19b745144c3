"""10,000 connections that say nothing: each is told why it is closed, callers are answered, memory is bounded.

The clients are programs of their own with an address of their own, so that neither ports nor descriptors run out.
"""

from __future__ import annotations

import json
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from edye_delivery.ledger.pull_tables import API_CALLS
from tests.components.delivery_api_server import DeliveryApi
from tests.unit.delivery_api.world import pull_annex, show
from tests.waiting import until

pytestmark = pytest.mark.proof
CLIENTS, EACH = 4, 2500
WORKER_MAX_KIB = 200 * 1024
ANSWER_MAX_S = 30
"""A page that takes longer is no answer in bounded time: the reader gives up."""
SILENCE_MAX_S = 90
PAUSE_S = 0.05
FEW_FILES = 256
FILES = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
PROGRAM = Path(__file__).with_name("silent_clients.py")


@pytest.fixture
def api(tmp_path):
    api = DeliveryApi(tmp_path)
    pull_annex(api.world.annexes, "shelf")
    api.token = api.tokens.add("shelf", "app")
    api.publish("shelf", *(show(f"s{number:04}", "x" * 800) for number in range(1000)))
    yield api
    api.close()


def silent_clients(api: DeliveryApi) -> list[subprocess.Popen[str]]:
    """The programs that connect and say nothing."""
    port = api.url.rpartition(":")[2]
    return [
        subprocess.Popen(
            [sys.executable, str(PROGRAM), port, f"127.0.0.{10 + number}", str(EACH), str(SILENCE_MAX_S)],
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(CLIENTS)
    ]


def read_while(api: DeliveryApi, clients: list[subprocess.Popen[str]]) -> Counter[int]:
    """Reads pages, on kept connections and on new ones, until the silent clients have ended; how many by status.

    A kept connection that was idle longest may be closed, as any other one: that counts as 503, and a new one is made.
    """
    statuses: Counter[int] = Counter()
    options = {"base_url": api.url, "headers": {"Authorization": f"Bearer {api.token}"}, "timeout": ANSWER_MAX_S}
    none_kept = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(**options) as on_kept, httpx.Client(**options, limits=none_kept) as on_new:
        while any(client.poll() is None for client in clients):
            for web in (on_kept, on_new):
                try:
                    answer = web.get(f"/v1/shows?page_size=100&page={1 + statuses.total() % 10}")
                except (httpx.ReadError, httpx.RemoteProtocolError):
                    statuses[503] += 1
                else:
                    statuses[answer.status_code] += 1
                    assert answer.status_code == 503 or len(answer.json()["items"]) == 100, answer
                time.sleep(PAUSE_S)
    return statuses


def highest_memory_kib(pid: int) -> int:
    """The most memory that the process has had."""
    return int(re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())[1])


def lines_without_call(api: DeliveryApi) -> Counter[int]:
    """How many connections without a call the log has, by status."""
    query = select(API_CALLS.c.status, func.count()).where(API_CALLS.c.partner.is_(None)).group_by(API_CALLS.c.status)
    with api.engine.connect() as connection:
        return Counter({status: number for status, number in connection.execute(query) if status in (408, 503)})


@pytest.mark.parametrize("connections", [1000, CLIENTS * EACH + 100], ids=["usual bound", "all at once"])
def test_ten_thousand_silent_connections_cost_neither_callers_nor_memory(api, connections):
    if FILES < CLIENTS * EACH + 1000:
        pytest.skip(f"a process may open {FILES} files here (ulimit -Hn)")
    api.start("--connections", str(connections), open_files=(FEW_FILES, FILES))
    workers = api.workers
    clients = silent_clients(api)
    statuses = read_while(api, clients)
    ends: Counter[str] = Counter()
    for client in clients:
        ends.update(json.loads(client.communicate()[0].splitlines()[-1]))
    assert statuses[200] > max(50, 10 * statuses[503]), statuses
    assert ends.total() == CLIENTS * EACH
    assert ends.keys() == ({"408", "503"} if connections == 1000 else {"408"})
    told = Counter({int(status): number for status, number in ends.items()})
    until(lambda: told <= lines_without_call(api), f"the lines of {told} in the log", 60, 0.5)
    assert api.workers == workers, api.output
    for pid in workers:
        assert highest_memory_kib(pid) < WORKER_MAX_KIB
    assert api.get("/v1/shows?page_size=1", api.token).status_code == 200
    assert "Traceback" not in api.output
