"""The delivery API on Granian, another server: `python -m benchmarks.granian_server FOLDER ROOT PORT`.

It has neither the limits on connections nor the ends of slow readers that the API's own server has.
"""

from __future__ import annotations

import os
import random
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from granian.constants import Interfaces, Loops
from granian.server import Server
from sqlalchemy import make_url

from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.application import Application
from edye_delivery.delivery_api.rate_limit import make_counters
from edye_delivery.delivery_api.worker import WorkerFactory, WorkerSettings

FOLDER, ROOT = "EDYE_BENCHMARK_FOLDER", "EDYE_BENCHMARK_ROOT"
CALLS_AT_ONCE = 64


def application() -> Application:
    """The application of a worker, made in its process."""
    folder, root = Path(os.environ[FOLDER]), Path(os.environ[ROOT])
    ledger = make_url(f"sqlite:///{folder}/ledger.sqlite")
    clock = Clock(partial(datetime.now, UTC), time.sleep, random.random, time.monotonic)
    counters, spool = folder / "granian-counters", folder / "granian-spool"
    return WorkerFactory(WorkerSettings(root, folder / "annexes", ledger, spool, counters, clock))()


def main(folder: str, root: str, port: str) -> None:
    """Serves with one worker until SIGTERM."""
    counters = Path(folder) / "granian-counters"
    counters.unlink(missing_ok=True)
    make_counters(counters)
    os.environ |= {FOLDER: folder, ROOT: root}
    Server(
        "benchmarks.granian_server:application",
        address="127.0.0.1",
        port=int(port),
        interface=Interfaces.ASGI,
        loop=Loops.uvloop,
        workers=1,
        factory=True,
        log_access=False,
        log_enabled=False,
        backpressure=CALLS_AT_ONCE,
    ).serve()


if __name__ == "__main__":
    main(*sys.argv[1:])
