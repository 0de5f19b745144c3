"""The delivery API of the local tools: on its usual port, or on a free one."""

from __future__ import annotations

import os
import sys
import time
from typing import Any

import httpx

from tools.local import BUILD, PROJECT, free_port, is_taken
from tools.processes import Processes, has_ended, last_lines

START_TIMEOUT_S = 120.0
HEALTH_TIMEOUT_S = 5.0


def start_delivery_api(processes: Processes, connections: dict[str, dict[str, Any]]) -> str:
    """Starts it on the store and the ledger of the connections; its address, which the connection then has too.

    It has no generation yet at the first start: it is there when it answers, whatever it says of its health.
    """
    store, ledger = connections["delivery_api_store"]["extra"]["path"], connections["delivery_ledger"]
    port = connections["delivery_api"]["port"]
    if is_taken(port):
        print(f"port {port} is taken: the delivery API gets another", file=sys.stderr)
        port = free_port()
    connections["delivery_api"]["port"] = port
    command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", store, "--port", str(port)]
    if ledger["conn_type"] == "sqlite":
        command += ["--ledger", ledger["host"]]
    log = BUILD / "delivery-api.log"
    child = processes.start("delivery API", command, log, {**os.environ, "PYTHONPATH": str(PROJECT / "plugins")})
    url, deadline = f"http://127.0.0.1:{port}", time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            httpx.get(f"{url}/healthz", timeout=HEALTH_TIMEOUT_S)
        except httpx.HTTPError:
            if has_ended(child) or time.monotonic() > deadline:
                raise SystemExit(f"the delivery API did not start:\n{last_lines(log)}") from None
            time.sleep(0.2)
        else:
            return url
