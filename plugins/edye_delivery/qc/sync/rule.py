"""The rules SYNC: what differs between JW Player and the EDYE catalogue, and for how long that is no one's turn.

A rule is a pure generator over one subject and the limits; it yields one message per difference. Its docstring says
what the difference is (first line), why it matters (`Why:`) and what to do (`Fix:`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Owner, Severity
from edye_delivery.qc.rule import NAME, Check, JudgingRule, texts_of
from edye_delivery.qc.sync.limits import DECISIONS, SyncLimits
from edye_delivery.rules.rule import Registry

CODE = re.compile(r"SYNC[0-9]{3}")
SYNC_FIX = 'run "Sync Shows Info" in EDYE Admin, or wait for the nightly sync, and look again'
READY_FIX = "nothing yet: JW Player is still working on it; look again later"


class SyncSubject(StrEnum):
    """What a rule looks at."""

    TITLE = "a title and its media in JW Player"
    SOURCES = "a title and what JW Player's Delivery API offers of its media"
    MEDIA = "a media in JW Player and the titles that use it"
    PLAYLIST = "a playlist of JW Player and the titles that belong into it"


class Grace(StrEnum):
    """How long a difference is nobody's turn, counted from the last change in JW Player."""

    NONE = "none"
    READY = "while the last change in JW Player is younger than ready_grace_s"
    SYNC = "while the last change in JW Player is younger than sync_lag_s"

    def seconds(self, limits: SyncLimits) -> int:
        """The grace in seconds."""
        return {Grace.NONE: 0, Grace.READY: limits.ready_grace_s, Grace.SYNC: limits.sync_lag_s}[self]

    @property
    def fix(self) -> str:
        """What to do within the grace."""
        return READY_FIX if self is Grace.READY else SYNC_FIX


class Dated(Protocol):
    """A subject that knows the time, and when JW Player changed last."""

    @property
    def now(self) -> datetime:
        """When the comparison is made."""

    @property
    def changed_at(self) -> datetime | None:
        """The last change in JW Player; None where that is unknown, which gives no grace."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRule(JudgingRule):
    """A rule of the comparison; `unless` gives the reason to skip it for a subject, or None.

    Within its grace a difference is only a warning: transient, DevOps, with the fix of the grace.
    """

    subject: SyncSubject
    grace: Grace
    unless: Callable[..., str | None] | None

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Its grace, where it has one."""
        return () if self.grace is Grace.NONE else (("Grace", f"only a warning {self.grace}"),)

    def skip_reason(self, subject: Any, limits: SyncLimits) -> str | None:
        """Why the rule has no answer for this subject; None if it has one."""
        return self.unless(subject, limits) if self.unless else None

    def findings(self, subject: Dated, limits: SyncLimits) -> tuple[Finding, ...]:
        """The rule's findings on a subject: one per difference, at most twenty, each short and printable."""
        found = tuple(self.finding(message) for message in self.messages(subject, limits))
        if not found or not is_younger(subject, self.grace.seconds(limits)):
            return found
        cause = Cause.TRANSIENT
        transient = {"cause": cause, "severity": Severity.WARN, "owner": CAUSE_OWNERS[cause], "fix": self.grace.fix}
        return tuple(finding.model_copy(update=transient) for finding in found)


def is_younger(subject: Dated, seconds: int) -> bool:
    """Whether JW Player changed the subject less than so many seconds ago; False where that is not known."""
    return subject.changed_at is not None and (subject.now - subject.changed_at).total_seconds() < seconds


RULES: Registry[SyncRule] = Registry(CODE, NAME, "a code is SYNC and three digits")


def rule(
    code: str,
    name: str,
    *,
    on: SyncSubject,
    cause: Cause,
    severity: Severity = Severity.BLOCK,
    grace: Grace = Grace.NONE,
    source: str = DECISIONS,
    owner: Owner | None = None,
    unless: Callable[..., str | None] | None = None,
) -> Callable[[Check], Check]:
    """Registers the function as a rule; ValueError for a code or name that cannot be used."""

    def register(check: Check) -> Check:
        RULES.register(SyncRule(
            code=code, name=name, severity=severity, owner=owner or CAUSE_OWNERS[cause], source=source, subject=on,
            cause=cause, grace=grace, check=check, unless=unless, **texts_of(check, code, name),
        ))  # fmt: skip
        return check

    return register


def rules_on(subject: SyncSubject) -> tuple[SyncRule, ...]:
    """The rules that look at this kind of subject, by code."""
    return tuple(rule for rule in RULES.in_order() if rule.subject is subject)
