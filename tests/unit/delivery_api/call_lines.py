"""Lines of the API log, and a log that a test can watch."""

from __future__ import annotations

import random
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from edye_delivery.catalog.api_call import CallLine, level_of
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_log import CallLog, Limits
from edye_delivery.delivery_api.call_log_writer import CallLogWriter
from edye_delivery.delivery_api.call_spool import CallSpool
from tests.waiting import until

CLOCK = Clock(lambda: datetime.now(UTC), time.sleep, random.random)
FAST = Limits(interval_s=0.005, retry_max_s=0.02)


def a_line(number: int = 1, **more) -> CallLine:
    values = {
        "id": f"call-{number:08}",
        "at": datetime(2026, 3, 2, 6, 0, number // 10 % 60, number % 10 * 1000, tzinfo=UTC),
        "partner": "some_partner",
        "user": "reader",
        "endpoint": "showList",
        "status": 200,
        "milliseconds": 12.5,
        "bytes": 20_000,
        "items": 100,
        "generation": 7,
        "request_id": f"request-{number}",
    } | more
    return CallLine(**values | {"level": level_of(values["status"])})


class Ledger:
    """What a log writes to: keeps lines once by id, and fails as it is told to."""

    def __init__(self) -> None:
        self.lines: dict[str, CallLine] = {}
        self.error: Exception | None = None
        self.calls = 0
        self.is_open = threading.Event()
        self.is_open.set()

    def write(self, lines) -> None:
        self.calls += 1
        self.is_open.wait()
        if self.error is not None:
            raise self.error
        for line in lines:
            self.lines.setdefault(line.id, line)


class WrittenLog:
    """A worker's log and the writer of its spool, as two processes have them."""

    def __init__(self, spool: Path | CallSpool, write, limits: Limits = FAST, folder: Path | None = None) -> None:
        self._log = CallLog(spool, CLOCK, limits)
        self._writer = CallLogWriter(folder or spool, write, CLOCK, limits)
        self.add = self._log.add

    @property
    def dropped(self) -> int:
        return self._log.dropped

    def start(self) -> None:
        self._log.start()
        self._writer.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        self._log.stop(timeout_s)
        self._writer.stop(timeout_s)


def a_log(folder: Path, ledger: Ledger, limits: Limits = FAST) -> WrittenLog:
    log = WrittenLog(folder, ledger.write, limits)
    log.start()
    return log


def wait_until(look) -> None:
    until(look, "what the test waits for", pause_s=0.005)
