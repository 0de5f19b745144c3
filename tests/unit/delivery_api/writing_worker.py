"""A worker with an API log, for a test that kills it: `python -m ... SPOOL LEDGER_URL FIRST DIES_AFTER`.

It adds lines until it is killed, and says on standard output up to which number it has added them. After so many
batches it kills itself between the ledger's transaction and the deletion of the spool; 0 means never.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from edye_delivery.delivery_api.call_log import Limits
from edye_delivery.ledger.api_call_writer import LedgerCalls
from tests.unit.delivery_api.call_lines import WrittenLog, a_line

LIMITS = Limits(interval_s=0.02, lines_at_once=50)


def main(spool: Path, url: str, first: int, dies_after: int) -> None:
    batches = 0
    calls = LedgerCalls(url, lambda: datetime(2026, 3, 2, 8, tzinfo=UTC))

    def write(lines) -> None:
        nonlocal batches
        calls.write(lines)
        batches += 1
        if batches == dies_after:
            os.kill(os.getpid(), signal.SIGKILL)

    log = WrittenLog(spool, write, LIMITS)
    log.start()
    for number in range(first, first + 100_000):
        log.add(a_line(number))
        if number % 20 == 0:
            print(number, flush=True)
            time.sleep(0.002)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
