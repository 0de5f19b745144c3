"""How often each user calls, counted over all workers in one shared file.

A lock on a user's record is held for the microseconds of a count; the system takes it from a worker that dies.
"""

from __future__ import annotations

import fcntl
import mmap
import struct
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path

from edye_delivery.annex.pull import RateLimit
from edye_delivery.delivery_api.tokens import Identity

USERS_MAX = 1024
SYNCS_MAX = 100
SYNC_IDLE_S = 60.0
"""A reading of a whole list that asks for no page in that time is over."""
NOTED_S, NOTED_MAX = 1.0, 1024
KEY_BYTES = 16
COUNT = struct.Struct("<dI")
SYNC = struct.Struct("<Qd")
COUNT_AT = KEY_BYTES
SYNCS_AT = COUNT_AT + COUNT.size
RECORD_BYTES = SYNCS_AT + SYNCS_MAX * SYNC.size
FILE_BYTES = USERS_MAX * RECORD_BYTES


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a user has left in the present window, and the seconds until the next one."""

    is_allowed: bool
    remaining: int
    reset_s: float


def make_counters(path: Path) -> None:
    """An empty file of counters, for `SharedCounters` of every worker."""
    with path.open("xb") as file:
        file.truncate(FILE_BYTES)


class SharedCounters:
    """The counters of every user in a file that all workers of one server share."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("r+b")
        self._number = self._file.fileno()
        self._memory = mmap.mmap(self._number, FILE_BYTES)
        self._places: dict[Identity, tuple[int, bytes]] = {}
        self._noted: dict[tuple[Identity, int], float] = {}

    def close(self) -> None:
        """Gives the file back; counts stay for the other workers."""
        self._memory.close()
        self._file.close()

    def take(self, who: Identity, limit: RateLimit, now_s: float) -> Allowance:
        """Counts a call. `now_s` is a monotonic time that all workers share, in seconds."""
        at = self._lock(who)
        try:
            start_s, count = COUNT.unpack_from(self._memory, at + COUNT_AT)
            if not start_s <= now_s < start_s + limit.window_s:
                start_s, count = now_s, 0
            is_allowed = count < limit.calls
            count += is_allowed
            COUNT.pack_into(self._memory, at + COUNT_AT, start_s, count)
        finally:
            self._unlock(at)
        return Allowance(is_allowed, max(0, limit.calls - count), start_s + limit.window_s - now_s)

    def open_sync(self, who: Identity, sync: int, limit: RateLimit, now_s: float) -> float:
        """Notes that a page of a whole list is read; 0, or the seconds to wait where too many lists are open.

        What this worker noted less than a second ago it does not note again.
        """
        noted_s = self._noted.get((who, sync))
        if noted_s is not None and noted_s <= now_s < noted_s + NOTED_S:
            return 0.0
        at = self._lock(who)
        try:
            wait_s = self._note(at, sync, limit, now_s)
        finally:
            self._unlock(at)
        if not wait_s:
            self._noted[who, sync] = now_s
            if len(self._noted) > NOTED_MAX:
                self._noted.clear()
        return wait_s

    def _note(self, at: int, sync: int, limit: RateLimit, now_s: float) -> float:
        oldest_s, free = now_s, None
        for place in self._sync_places(at, limit):
            known, last_s = SYNC.unpack_from(self._memory, place)
            is_open = known != 0 and last_s <= now_s < last_s + SYNC_IDLE_S
            if is_open and known == sync:
                free = place
                break
            if is_open:
                oldest_s = min(oldest_s, last_s)
            elif free is None:
                free = place
        if free is None:
            return oldest_s + SYNC_IDLE_S - now_s
        SYNC.pack_into(self._memory, free, sync, now_s)
        return 0.0

    def close_sync(self, who: Identity, sync: int, limit: RateLimit) -> None:
        """Notes that the last page of a whole list is read."""
        self._noted.pop((who, sync), None)
        at = self._lock(who)
        try:
            for place in self._sync_places(at, limit):
                if SYNC.unpack_from(self._memory, place)[0] == sync:
                    SYNC.pack_into(self._memory, place, 0, 0.0)
        finally:
            self._unlock(at)

    @staticmethod
    def _sync_places(at: int, limit: RateLimit) -> range:
        first = at + SYNCS_AT
        return range(first, first + limit.full_syncs_at_once * SYNC.size, SYNC.size)

    def _lock(self, who: Identity) -> int:
        """The place of a user's record, locked; a new user gets a free record, or the one that is idle longest."""
        at, key = self._places.get(who) or self._find(who)
        fcntl.lockf(self._number, fcntl.LOCK_EX, RECORD_BYTES, at)
        while self._memory[at : at + KEY_BYTES] != key:  # another user has it by now
            self._unlock(at)
            at, key = self._find(who)
            fcntl.lockf(self._number, fcntl.LOCK_EX, RECORD_BYTES, at)
        return at

    def _unlock(self, at: int) -> None:
        fcntl.lockf(self._number, fcntl.LOCK_UN, RECORD_BYTES, at)

    def _find(self, who: Identity) -> tuple[int, bytes]:
        """Finds or makes the record of a user, with the whole file locked."""
        key = blake2b(f"{who.partner}\0{who.user}".encode(), digest_size=KEY_BYTES).digest()
        begin = int.from_bytes(key[:4], "little") % USERS_MAX
        fcntl.lockf(self._number, fcntl.LOCK_EX)
        try:
            at = self._place_of(key, begin)
            if self._memory[at : at + KEY_BYTES] != key:
                self._memory[at : at + RECORD_BYTES] = key + bytes(RECORD_BYTES - KEY_BYTES)
        finally:
            fcntl.lockf(self._number, fcntl.LOCK_UN)
        self._places[who] = at, key
        return at, key

    def _place_of(self, key: bytes, begin: int) -> int:
        oldest_at, oldest_s = begin * RECORD_BYTES, float("inf")
        for step in range(USERS_MAX):
            at = (begin + step) % USERS_MAX * RECORD_BYTES
            found = self._memory[at : at + KEY_BYTES]
            if found == key or found == bytes(KEY_BYTES):
                return at
            start_s = COUNT.unpack_from(self._memory, at + COUNT_AT)[0]
            if start_s < oldest_s:
                oldest_at, oldest_s = at, start_s
        return oldest_at
