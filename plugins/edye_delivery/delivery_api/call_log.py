"""The API log of one worker: each call becomes a line in a spool file, and soon after a row in the ledger.

`add` only puts the line into a queue. One thread appends the queue to the spool each second, another writes the spool
to the ledger: so a ledger that does not answer delays neither a call nor the spool. A kill loses what the queue has.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from edye_delivery.catalog.api_call import CallLine, pack
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.wording import count_of
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_spool import CallSpool, batches

__all__ = ["CallLine", "CallLog", "Limits"]

log = logging.getLogger(__name__)
LINES_AN_APPEND = 200
WARN_EVERY_S = 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of a worker's log: lines in memory, bytes on the disk, lines a transaction, and its pauses."""

    queue_lines: int = 20_000
    spool_bytes: int = 64 * 1024 * 1024
    lines_at_once: int = 500
    interval_s: float = 1.0
    """How long a line waits in memory, and then in the spool, at most while all is well."""
    retry_max_s: float = 30.0
    """The longest pause before the ledger is tried again; it begins with `interval_s` and doubles."""


class CallLog:
    """Takes lines from the calls of one worker process; make it after the fork, one a process.

    `write` writes lines to the ledger so that a repetition changes nothing, such as `LedgerCalls.write`.
    """

    def __init__(
        self,
        spool: Path | CallSpool,
        write: Callable[[Sequence[CallLine]], object],
        clock: Clock,
        limits: Limits | None = None,
    ) -> None:
        self._limits = limits or Limits()
        self._spool = CallSpool(spool, self._limits.spool_bytes) if isinstance(spool, Path) else spool
        self._write, self._clock = write, clock
        self._queue: deque[CallLine] = deque()
        self._queue_lines = self._limits.queue_lines
        self._too_many, self._unspooled, self._warned_of = 0, 0, 0
        self._warned_at: dict[str, float] = {}
        self._is_open = False
        self._stopping, self._all_spooled = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for target, name in ((self._spool_lines, "api-log-spool"), (self._write_spool, "api-log-ledger"))
        ]

    def start(self) -> None:
        """Starts the two threads; raises nothing, whatever the state of the disk and the ledger."""
        for thread in self._threads:
            thread.start()

    def add(self, line: CallLine) -> None:
        """Takes a line; never waits and never raises. Where too many wait already, the line is dropped and counted."""
        if len(self._queue) >= self._queue_lines:
            self._too_many += 1
        else:
            self._queue.append(line)

    @property
    def dropped(self) -> int:
        """How many lines are lost since the start: too many at once, no room on the disk, or a line that is none."""
        return self._too_many + self._unspooled

    def stop(self, timeout_s: float = 5.0) -> None:
        """Spools all lines and writes them to the ledger; what does not get there in this time stays in the spool."""
        self._stopping.set()
        ends_at = self._clock.monotonic() + timeout_s
        for thread in self._threads:
            if thread.ident is not None:
                thread.join(max(0.0, ends_at - self._clock.monotonic()))
        if not any(thread.is_alive() for thread in self._threads):
            self._spool.close()

    def _spool_lines(self) -> None:
        """The first thread: from the queue to the disk."""
        is_last = False
        while not is_last:
            is_last = self._stopping.wait(self._limits.interval_s)
            self._open()
            while self._queue:
                self._append([self._queue.popleft() for _ in range(min(len(self._queue), LINES_AN_APPEND))])
            self._warn_of_drops(now=is_last)
        self._all_spooled.set()

    def _open(self) -> None:
        if self._is_open:
            return
        try:
            self._spool.open()
            self._is_open = True
        except OSError as error:
            self._warn("the spool of the API log cannot be opened, so its lines are lost", error)

    def _append(self, lines: Sequence[CallLine]) -> None:
        packed = [content for line in lines if (content := self._pack(line)) is not None]
        if not packed:
            return
        try:
            if not self._is_open:
                raise OSError("it is not open")
            self._spool.append(b"".join(packed))
        except OSError as error:
            self._unspooled += len(packed)
            self._warn("lines of the API log cannot be spooled, so they are lost", error)

    def _pack(self, line: CallLine) -> bytes | None:
        try:
            return pack(line)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            self._unspooled += 1
            self._warn("a line of the API log has values of other types, so it is lost", error)
            return None

    def _write_spool(self) -> None:
        """The second thread: from the disk to the ledger, until all is there that was spooled before the stop."""
        pause_s = self._limits.interval_s
        while True:
            is_last = self._all_spooled.is_set()
            is_good = self._write_taken()
            if is_last:
                return
            pause_s = self._limits.interval_s if is_good else min(2 * pause_s, self._limits.retry_max_s)
            if self._stopping.wait(pause_s):
                self._all_spooled.wait()

    def _write_taken(self) -> bool:
        """Writes every file that waits; False where the ledger did not take one, which then stays in the spool."""
        try:
            while (taken := self._spool.take()) is not None:
                for lines in batches(taken, self._limits.lines_at_once):
                    self._write(lines)
                self._spool.delete(taken)
        except Exception as error:  # the thread's edge: whatever happens, the lines stay in the spool
            self._warn("lines of the API log wait in the spool, because they cannot be written to the ledger", error)
            return False
        return True

    def _warn_of_drops(self, *, now: bool) -> None:
        """Says how many lines were lost since the last warning: from time to time, or now."""
        dropped = self.dropped
        if dropped == self._warned_of or not (self._is_due("dropped") or now):
            return
        lines = count_of(dropped - self._warned_of, "line")
        log.warning("%s of the API log dropped, %s since the start", lines, dropped)
        self._warned_of = dropped

    def _warn(self, sentence: str, error: Exception) -> None:
        if self._is_due(sentence):
            log.warning("%s: %s: %s", sentence, type(error).__name__, printable(str(error).partition("\n")[0]))

    def _is_due(self, subject: str) -> bool:
        """Whether the last warning about this is long ago."""
        now_s = self._clock.monotonic()
        if now_s - self._warned_at.get(subject, -WARN_EVERY_S) < WARN_EVERY_S:
            return False
        self._warned_at[subject] = now_s
        return True
