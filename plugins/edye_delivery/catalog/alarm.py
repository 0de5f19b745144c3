"""An alarm: what is wrong now beyond single titles, in a sentence; report and desk say it in these words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlarmKind(StrEnum):
    """What is wrong."""

    CIRCUIT_OPEN = "circuit open"
    ERRORS_IN_A_ROW = "errors in a row"
    DEGRADED = "degraded"
    ALERTS_NOT_SENT = "alerts not sent"
    NOBODY_WAITS = "nobody waits"
    EVENTS_WAIT = "events wait"
    EVENTS_SET_ASIDE = "events set aside"
    CALLS_WAIT = "calls wait"
    WITHDRAWAL_NOT_TOLD = "withdrawal not told"

    @property
    def section(self) -> str:
        """The heading of the section in docs/runbook.md that says what to do."""
        return SECTIONS[self]


SECTIONS = {
    AlarmKind.CIRCUIT_OPEN: "The circuit is open",
    AlarmKind.ERRORS_IN_A_ROW: "Errors in a row",
    AlarmKind.DEGRADED: "A degraded delivery",
    AlarmKind.ALERTS_NOT_SENT: "Errors in a row",
    AlarmKind.NOBODY_WAITS: "After a crash",
    AlarmKind.EVENTS_WAIT: "ship_events",
    AlarmKind.EVENTS_SET_ASIDE: "ship_events",
    AlarmKind.CALLS_WAIT: "ship_calls",
    AlarmKind.WITHDRAWAL_NOT_TOLD: "withdraw",
}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong at a partner, and since when.

    `is_critical` where nothing reaches the partner, or nobody would know. `sentence` begins with a small letter and has
    no full stop, as report and command line print it.
    """

    kind: AlarmKind
    partner: str
    since: datetime
    sentence: str
    is_critical: bool = False
