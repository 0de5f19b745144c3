"""Eight processes deliver the same titles for a minute: what arrives at the partner is each content, once."""

from __future__ import annotations

import http.server
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter

import pytest
from sqlalchemy import select

from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.tables import DELIVERIES, EVENTS
from tests.builders import PROJECT

pytestmark = pytest.mark.proof
PROCESSES, SECONDS = 8, 60.0
MEDIA = b"x" * 20_000


class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, code, body, **headers):
        self.send_response(code)
        for name, value in (headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Media(Quiet):
    def do_GET(self):
        self.answer(200, MEDIA, ETag='"1"')


class Partner:
    """Takes whatever comes as a new ingest, whatever its Idempotency-Key, and takes its time for it."""

    def __init__(self):
        self.arrivals, self.running, self.met, self.lock = [], Counter(), [], threading.Lock()

    def handler(partner):
        class Handler(Quiet):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                name = re.search(rb'"external_id":"([^"]+)"', body)[1].decode()
                with partner.lock:
                    if partner.running[name]:
                        partner.met.append(name)
                    partner.running[name] += 1
                time.sleep(0.05)
                with partner.lock:
                    partner.running[name] -= 1
                    tracking_id = f"t{len(partner.arrivals)}"
                    partner.arrivals.append((name, tracking_id))
                self.answer(202, json.dumps({"tracking_id": tracking_id, "status": "received"}).encode())

        return Handler


@pytest.fixture
def serve():
    servers = []

    def start(handler):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_address[1]}"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    if request.param == "postgresql":
        yield request.getfixturevalue("database_url")
    else:
        yield f"sqlite:///{tmp_path}/ledger.sqlite"


def test_what_eight_processes_deliver_for_a_minute_arrives_once(url, serve):
    partner = Partner()
    arguments = [url, serve(Media), serve(partner.handler())]
    open_engine(url).dispose()
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    script = str(PROJECT / "tests" / "proofs" / "race_worker.py")
    workers = [
        subprocess.Popen(
            [sys.executable, script, *arguments, str(seed), str(SECONDS)], env=env, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        for seed in range(PROCESSES)
    ]  # fmt: skip
    ends = [json.loads(worker.communicate(timeout=SECONDS + 60)[0] or b"null") for worker in workers]
    assert all(ends), f"a process died: {[worker.returncode for worker in workers]}"
    assert [sentence for end in ends for sentence in end["wrong"]] == []
    arrived = Counter(name for name, _ in partner.arrivals)
    with open_engine(url).connect() as connection:
        known = set(connection.execute(select(DELIVERIES.c.tracking_id)).scalars())
        known |= set(connection.execute(select(EVENTS.c.tracking_id)).scalars())
    lost = [tracking_id for _, tracking_id in partner.arrivals if tracking_id not in known]
    runs = sum(end["runs"] for end in ends)
    print(f"{runs} runs, {len(arrived)} contents, {len(partner.arrivals)} arrivals")
    assert {name: count for name, count in arrived.items() if count > 1} == {}
    assert partner.met == []
    assert lost == []
    assert len(arrived) > 100
