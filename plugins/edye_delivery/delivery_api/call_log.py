"""The API log of one worker: each call becomes a line in a spool file, which `CallLogWriter` writes to the ledger.

`add` only puts the line's bytes into a queue, and a thread appends the queue to the spool each second: so neither the
disk nor a ledger that does not answer delays a call. A kill loses what the queue has. The bytes are made by `add`: a
thread that made those of a second at once would take the interpreter from the calls of that moment.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edye_delivery.catalog.api_call import CallLine, pack
from edye_delivery.catalog.wording import count_of
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_spool import CallSpool
from edye_delivery.delivery_api.rare_warnings import RareWarnings

__all__ = ["CallLine", "CallLog", "Limits"]

log = logging.getLogger(__name__)
LINES_AN_APPEND = 200


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of the log: a worker's lines in memory and bytes on the disk, lines a transaction, and the pauses."""

    queue_lines: int = 20_000
    spool_bytes: int = 64 * 1024 * 1024
    lines_at_once: int = 500
    interval_s: float = 1.0
    """How long a line waits in memory, and then in the spool, at most while all is well."""
    retry_max_s: float = 30.0
    """The longest pause before the ledger is tried again; it begins with `interval_s` and doubles."""


class CallLog:
    """Takes lines from the calls of one worker process; make it after the fork, one a process."""

    def __init__(self, spool: Path | CallSpool, clock: Clock, limits: Limits | None = None) -> None:
        self._limits = limits or Limits()
        self._spool = CallSpool(spool, self._limits.spool_bytes) if isinstance(spool, Path) else spool
        self._queue: deque[bytes] = deque()
        self._queue_lines = self._limits.queue_lines
        self._too_many = self._unpacked = self._unspooled = self._warned_of = 0
        self._warnings = RareWarnings(log, clock)
        self._is_open = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._spool_lines, name="api-log-spool", daemon=True)

    def start(self) -> None:
        """Starts the thread; raises nothing, whatever the state of the disk."""
        self._thread.start()

    def add(self, line: CallLine) -> None:
        """Takes a line; never waits and never raises. Where too many wait already, the line is dropped and counted."""
        if len(self._queue) >= self._queue_lines:
            self._too_many += 1
            return
        try:
            self._queue.append(pack(line))
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            self._unpacked += 1
            self._warnings.say("a line of the API log has values of other types, so it is lost", error)

    @property
    def dropped(self) -> int:
        """How many lines are lost since the start: too many at once, no room on the disk, or a line that is none."""
        return self._too_many + self._unpacked + self._unspooled

    def stop(self, timeout_s: float = 5.0) -> None:
        """Spools all lines that there is time for, and leaves the spool to whoever writes it to the ledger."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)

    def _spool_lines(self) -> None:
        """The thread: from the queue to the disk."""
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(self._limits.interval_s)
            self._open()
            while self._queue:
                self._append([self._queue.popleft() for _ in range(min(len(self._queue), LINES_AN_APPEND))])
            self._retire()
            self._warn_of_drops(now=is_last)
        self._spool.close()

    def _open(self) -> None:
        if self._is_open:
            return
        try:
            self._spool.open()
            self._is_open = True
        except OSError as error:
            self._warnings.say("the spool of the API log cannot be opened, so its lines are lost", error)

    def _append(self, lines: Sequence[bytes]) -> None:
        try:
            if not self._is_open:
                raise OSError("it is not open")
            self._spool.append(b"".join(lines))
        except OSError as error:
            self._unspooled += len(lines)
            self._warnings.say("lines of the API log cannot be spooled, so they are lost", error)

    def _retire(self) -> None:
        """Hands what is spooled to the writer."""
        try:
            self._spool.retire()
        except OSError as error:
            self._warnings.say("lines of the API log wait in a file that cannot be renamed", error)

    def _warn_of_drops(self, *, now: bool) -> None:
        """Says how many lines were lost since the last warning: from time to time, or now."""
        dropped = self.dropped
        if dropped == self._warned_of or not (self._warnings.is_due("dropped") or now):
            return
        lines = count_of(dropped - self._warned_of, "line")
        log.warning("%s of the API log dropped, %s since the start", lines, dropped)
        self._warned_of = dropped
