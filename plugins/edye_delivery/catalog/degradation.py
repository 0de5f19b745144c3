"""Values on the degradation of a delivery that a partner pulls: what is watched, and what was found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

YOUNG_GENERATIONS = "with_young_generation"
"""The key in the body of /healthz that counts the partners whose generation is young; only our API writes it."""


class Subject(StrEnum):
    """What is watched, each with its own begin and end."""

    SERVICE = "service"
    SILENCE = "silence"
    GENERATION = "generation"
    AUTHORIZATION = "authorization"
    RATE_LIMIT = "rate limit"


class DegradationKind(StrEnum):
    """How a degradation shows itself; also the kind of its alert."""

    DEGRADED = "degraded"
    UNAVAILABLE = "unavailable"
    SILENT = "silent"
    OUTDATED = "outdated"
    UNAUTHORIZED = "unauthorized"
    RATE_EXCEEDED = "rate exceeded"

    @property
    def is_critical(self) -> bool:
        """Whether readers get nothing at all."""
        return self is DegradationKind.UNAVAILABLE


RECOVERED = "recovered"
"""The kind of the alert that tells of a degradation's end."""


@dataclass(frozen=True, slots=True)
class Degradation:
    """One degradation, from its begin to its end; `ended_at` is None while it goes on.

    `user` is empty where it is not about one user. `broken_at` is when the bound was last seen broken. `calls` are
    those that the last figure is of, `detail` is the sentence with that figure.
    """

    subject: Subject
    user: str
    began_at: datetime
    kind: DegradationKind
    broken_at: datetime
    calls: int
    detail: str
    ended_at: datetime | None = None

    @property
    def is_by_probe(self) -> bool:
        """Whether it was found by a call of our own, because the partner made too few."""
        return self.subject is Subject.SERVICE and self.calls == 1


@dataclass(frozen=True, slots=True)
class CallSlice:
    """The calls of one short slice of time; `start_s` is its start in Unix seconds.

    `slow` took longer than the annex's bound on latency; `failed` were answered with 5xx, or timed out.
    """

    start_s: int
    calls: int
    slow: int
    failed: int


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many of a user's latest calls in a row were refused with one status, and since when.

    `in_a_row` is 0 where the user's latest call has another status; `last_at` is the latest refusal, if there is one.
    """

    user: str
    status: int
    in_a_row: int
    since: datetime | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Probe:
    """One call that we made ourselves from outside: when, whether it was answered well, how long it took."""

    at: datetime
    is_answered: bool
    milliseconds: float
    detail: str = ""
