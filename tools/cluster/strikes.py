"""What `CHAOS=1` kills, and when: chosen by a seed, so that the same seed gives the same strikes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from edye_delivery.dag_support.queues import QUEUES

FIRST_S = (5.0, 15.0)
NEXT_S = (8.0, 20.0)
"""The first strike falls so many seconds after `begin`, each other one so many after the one before."""


class Kind(StrEnum):
    """What is struck. A killed process is started again by its supervisor; PostgreSQL by the strike itself."""

    WORKER = "worker"
    TRIGGERER = "triggerer"
    SCHEDULER = "scheduler"
    BROKER = "valkey"
    DATABASE = "postgresql"


@dataclass(frozen=True, slots=True)
class Strike:
    """One strike: its time in seconds after the beginning, and the name of the process."""

    at_s: float
    kind: Kind
    target: str


def strikes_of(seed: int, kinds: Sequence[Kind] = tuple(Kind)) -> list[Strike]:
    """One strike of each kind, in an order and at moments that the seed chooses."""
    chance = random.Random(seed)
    order = chance.sample(list(kinds), len(kinds))
    at_s, found = 0.0, []
    for kind in order:
        at_s += chance.uniform(*(NEXT_S if found else FIRST_S))
        found.append(Strike(round(at_s, 1), kind, _target(kind, chance)))
    return found


def _target(kind: Kind, chance: random.Random) -> str:
    if kind is Kind.WORKER:
        return f"worker-{chance.choice(QUEUES)}"
    if kind in (Kind.TRIGGERER, Kind.SCHEDULER):
        return f"{kind}-{chance.choice((1, 2))}"
    return str(kind)


class Strikes:
    """The strikes that are still to come. `look` carries out those whose time has come; before `begin` none has."""

    def __init__(
        self,
        plan: Sequence[Strike],
        kill: Callable[[str], None],
        restart_database: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._open, self._kill, self._restart_database, self._clock = list(plan), kill, restart_database, clock
        self._began_s: float | None = None
        self.struck: list[Strike] = []

    def begin(self) -> None:
        """Counts the time from now on; nothing where it is counted already."""
        if self._began_s is None:
            self._began_s = self._clock()

    def look(self) -> Strike | None:
        """Carries out the next strike if its time has come, and returns it."""
        if self._began_s is None or not self._open or self._clock() - self._began_s < self._open[0].at_s:
            return None
        strike = self._open.pop(0)
        if strike.kind is Kind.DATABASE:
            self._restart_database()
        else:
            self._kill(strike.target)
        self.struck.append(strike)
        return strike
