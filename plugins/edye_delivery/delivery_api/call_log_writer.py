"""Writes what the workers of the delivery API spooled to the ledger: a thread of a process that answers no call.

A file is deleted once the ledger has all of its lines. A kill in between leaves it for the next start, and writing
lines again changes nothing in the ledger.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from edye_delivery.catalog.api_call import CallLine
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_log import Limits
from edye_delivery.delivery_api.call_spool import batches, lock, retired_files
from edye_delivery.delivery_api.rare_warnings import RareWarnings

log = logging.getLogger(__name__)
LOCK_NAME = "writer.lock"


class CallLogWriter:
    """Writes the spools of a folder; where two have the same folder, one writes and the other waits for its end.

    `write` writes lines to the ledger so that a repetition changes nothing, such as `LedgerCalls.write`.
    """

    def __init__(
        self,
        folder: Path,
        write: Callable[[Sequence[CallLine]], object],
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._folder, self._write, self._limits = folder, write, limits or Limits()
        self._warnings = RareWarnings(log, clock)
        self._stopping = threading.Event()
        self._locked: IO[bytes] | None = None
        self._thread = threading.Thread(target=self._run, name="api-log-ledger", daemon=True)

    def start(self) -> None:
        """Starts the thread; raises nothing, whatever the state of the disk and the ledger."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Writes what is spooled by now; what does not get to the ledger in this time stays in the spool."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        pause_s, is_last = self._limits.interval_s, False
        while not is_last:
            is_last = self._stopping.wait(pause_s)
            is_good = self._write_spooled()
            pause_s = self._limits.interval_s if is_good else min(2 * pause_s, self._limits.retry_max_s)
        if self._locked is not None:
            self._locked.close()

    def _write_spooled(self) -> bool:
        """Writes every file that waits; False where the ledger did not take one, which then stays in the spool."""
        try:
            if not self._is_alone():
                return True
            for path in retired_files(self._folder):
                for lines in batches(path, self._limits.lines_at_once):
                    self._write(lines)
                path.unlink(missing_ok=True)
        except Exception as error:  # the thread's edge: whatever happens, the lines stay in the spool
            sentence = "lines of the API log wait in the spool, because they cannot be written to the ledger"
            self._warnings.say(sentence, error)
            return False
        return True

    def _is_alone(self) -> bool:
        """Whether no other process writes the spools of this folder; then none will as long as this one lives."""
        if self._locked is None and self._folder.is_dir():
            self._locked = lock(self._folder / LOCK_NAME)
        return self._locked is not None
