"""Child processes that are started again when they have ended, as `restart: unless-stopped` does in compose."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tools.processes import Processes, has_ended, kill_group, last_lines

RESTARTS_MAX = 40
RESTART_DELAY_S = 2.0
"""A child is not started again sooner than so long after its last start: what it needs may be away for a while."""


@dataclass(frozen=True, slots=True)
class Service:
    """How one child is started."""

    command: tuple[str, ...]
    log: Path
    variables: Mapping[str, str]


class Supervisor(Processes):
    """Processes that stay up: whoever calls `check` now and then has what ended by itself started again."""

    def __init__(self, record: Path | None = None) -> None:
        super().__init__(record)
        self._services: dict[str, Service] = {}
        self._started_s: dict[str, float] = {}
        self.restarts: Counter[str] = Counter()

    def start(
        self, name: str, command: list[str], log: Path, variables: Mapping[str, str], **options: object
    ) -> object:
        """Starts a child under a name of its own, which is supervised from now on."""
        if options:
            raise TypeError(f"a supervised child has no options: {', '.join(options)}")
        self._services[name] = Service(tuple(command), log, variables)
        self._started_s[name] = time.monotonic()
        return super().start(name, command, log, variables)

    def check(self) -> None:
        """Starts again what has ended, and what it left of its group ends; SystemExit for a child that ends ever again.

        Returns None: there is no child that has ended and stays so.
        """
        for child in [child for child in self._children if has_ended(child[1])]:
            name, process, _ = child
            if time.monotonic() < self._started_s[name] + RESTART_DELAY_S:
                continue
            kill_group(process)
            self._children.remove(child)
            self.restarts[name] += 1
            service = self._services[name]
            if self.restarts[name] > RESTARTS_MAX:
                raise SystemExit(f"{name} ended {RESTARTS_MAX} times:\n{last_lines(service.log)}")
            self.start(name, list(service.command), service.log, service.variables)

    def kill(self, name: str) -> None:
        """Kills the child and everything in its group at once, as a container that is killed ends."""
        for known, process, _ in self._children:
            if known == name:
                kill_group(process)
