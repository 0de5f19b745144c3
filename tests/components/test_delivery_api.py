"""The delivery API as a program: workers, tokens of a real ledger, kills, and what it does without the ledger."""

from __future__ import annotations

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from edye_delivery.errors import InvalidRequest
from tests.components.delivery_api_server import PROJECT, DeliveryApi
from tests.unit.delivery_api.world import gone, pull_annex, show
from tests.waiting import until


@pytest.fixture(scope="module")
def api(tmp_path_factory):
    """A server with one partner of a hundred shows."""
    api = DeliveryApi(tmp_path_factory.mktemp("api"))
    pull_annex(api.world.annexes, "shelf", {"app": ["shows"], "few": ["shows"]}, rate_limit={"calls": 1000})
    api.publish("shelf", *(show(f"s{number:03}") for number in range(100)))
    api.token = api.tokens.add("shelf", "app")
    api.start("--connections", "40")
    yield api
    api.close()


@pytest.fixture
def own_api(tmp_path):
    """A server that a test stops or breaks."""
    api = DeliveryApi(tmp_path)
    pull_annex(api.world.annexes, "shelf", {"app": ["shows"]})
    api.publish("shelf", *(show(f"s{number:03}") for number in range(100)))
    api.token = api.tokens.add("shelf", "app")
    yield api
    api.close()


def calls_in(api):
    with sqlite3.connect(api.ledger) as ledger:
        return ledger.execute("SELECT id, endpoint, status, request_id FROM api_calls").fetchall()


def test_a_list_is_read_to_its_end_over_both_workers(api):
    path, ids = "/v1/shows?page_size=7", []
    while path:
        page = api.get(path, api.token).json()
        ids += [item["id"] for item in page["items"]]
        path = page.get("next")
    assert ids == [f"s{number:03}" for number in range(100)]
    assert len(api.workers) == 2


def test_every_call_is_in_the_ledger_once(api):
    ids = {f"told-{number}" for number in range(20)}
    for name in ids:
        api.get("/v1/shows", api.token, X_Request_ID=name)

    def found():
        counts = Counter(row[3] for row in calls_in(api) if row[3] in ids)
        return counts if counts.keys() == ids else None

    assert set(until(found, "the lines of all calls", 30).values()) == {1}


def test_a_new_token_opens_and_a_revoked_one_closes_within_seconds(api):
    token = api.tokens.add("shelf", "few")
    until(lambda: api.get("/v1/shows", token).status_code == 200, "the new token's first answer", 20)
    api.tokens.revoke("shelf", "few")
    until(lambda: api.get("/v1/shows", token).status_code == 401, "the revoked token's refusal", 20)
    with pytest.raises(InvalidRequest):
        api.tokens.revoke("shelf", "few")


def test_workers_count_calls_together(api):
    token = api.tokens.add("shelf", "few")
    until(lambda: api.get("/v1/shows", token).status_code == 200, "the first answer", 20)
    pull_annex(api.world.annexes, "shelf", {"app": ["shows"], "few": ["shows"]}, rate_limit={"calls": 5, "window_s": 2})
    until(lambda: api.get("/v1/shows", api.token).headers["ratelimit-policy"] == '"partner";q=5;w=2', "the limit", 20)
    try:
        until(lambda: api.get("/v1/shows", token).headers.get("ratelimit") == '"partner";r=4;t=2', "a new window", 20)
        with ThreadPoolExecutor(8) as threads:
            statuses = Counter(threads.map(lambda _: api.get("/v1/shows", token).status_code, range(20)))
        assert statuses[200] <= 4 or statuses[429] > 0
        assert statuses.keys() <= {200, 429}
    finally:
        pull_annex(api.world.annexes, "shelf", {"app": ["shows"], "few": ["shows"]}, rate_limit={"calls": 1000})
        until(lambda: "q=1000" in api.get("/v1/shows", api.token).headers["ratelimit-policy"], "the old limit", 20)


def test_silent_connections_do_not_keep_callers_out(api):
    port = int(api.url.rpartition(":")[2])
    silent = [socket.create_connection(("127.0.0.1", port)) for _ in range(400)]
    try:
        assert api.get("/v1/shows?page_size=1", api.token).status_code == 200
    finally:
        for connection in silent:
            connection.close()


def test_a_killed_worker_is_replaced_and_the_other_one_answers_meanwhile(api):
    victim = api.workers[0]
    os.kill(victim, signal.SIGKILL)
    until(lambda: victim not in api.workers and len(api.workers) == 2, "another worker", 60)
    until(lambda: "a worker ended by itself" in api.output, "its line")
    assert all(api.get("/v1/shows", api.token).status_code == 200 for _ in range(20))


def test_it_serves_and_starts_while_the_ledger_is_away_and_loses_no_line(own_api):
    own_api.start()
    assert own_api.get("/v1/shows", own_api.token).status_code == 200
    assert own_api.stop() == 0
    own_api.engine.dispose()
    away = own_api.ledger.with_suffix(".away")
    own_api.ledger.rename(away)
    own_api.start(workers=1)
    assert own_api.get("/v1/shows", own_api.token, X_Request_ID="meanwhile").status_code == 200
    for _ in range(4):  # longer than a refresh of tokens and a writing of the log
        time.sleep(1)
        assert own_api.get("/v1/shows", own_api.token).status_code == 200
    assert not own_api.ledger.exists()
    own_api.publish("shelf", gone("s000"))
    until(lambda: own_api.get("/v1/shows", own_api.token).json()["generation"] == 2, "the new generation")
    away.rename(own_api.ledger)
    until(lambda: "meanwhile" in {row[3] for row in calls_in(own_api)}, "the line of the call", 60)


def test_a_stop_finishes_the_answers_that_have_begun(own_api):
    own_api.start(workers=1)
    with ThreadPoolExecutor(8) as threads:
        statuses = threads.map(lambda _: status_of(own_api), range(60))
        first = next(statuses)
        assert own_api.stop() == 0
        assert first == 200
        assert set(statuses) <= {200, "refused"}


def test_ctrl_c_which_ends_the_workers_too_is_no_failure(own_api):
    own_api.start()
    own_api.process.send_signal(signal.SIGSTOP)  # so that it looks at its workers when they have ended
    for pid in own_api.workers:
        os.kill(pid, signal.SIGINT)
    until(lambda: not own_api.workers, "the end of the workers", 30)
    own_api.process.send_signal(signal.SIGINT)
    own_api.process.send_signal(signal.SIGCONT)
    assert own_api.process.wait(60) == 0
    assert "no worker" not in own_api.output


def status_of(api):
    """The status, or that nobody took the call any more; a body that breaks off is an error."""
    status = None
    try:
        with httpx.stream("GET", f"{api.url}/v1/shows", headers={"Authorization": f"Bearer {api.token}"}) as answer:
            status = answer.status_code
            is_whole = len(answer.read()) > 0
    except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
        return "refused" if status is None else "cut"
    return status if is_whole else "cut"


def test_workers_end_with_the_program_that_started_them(own_api):
    own_api.start()
    workers = own_api.workers
    own_api.process.kill()
    own_api.process.wait(10)
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in workers), "the end of the workers", 30)


def test_workers_open_as_many_files_as_they_may_and_too_few_are_told(own_api):
    own_api.start("--connections", "1000", workers=1, open_files=(256, 1200))
    limits = Path(f"/proc/{own_api.workers[0]}/limits").read_text()
    assert re.search(r"Max open files +1200 +1200 ", limits)
    assert "a worker may open 1200 files, too few for 1000 connections: raise the hard limit" in own_api.output


def test_a_port_that_is_taken_is_told_in_a_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", str(tmp_path), "--port", str(port)]
        command += ["--ledger", str(tmp_path / "none.sqlite"), "--annexes", str(tmp_path)]
        environment = {**os.environ, "PYTHONPATH": str(PROJECT / "plugins")}
        told = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert told.returncode == 2
    assert f"serve-api: the address 127.0.0.1:{port} cannot be used" in told.stderr
    assert "Traceback" not in told.stderr
