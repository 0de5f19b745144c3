"""The rules EXPO: what a partner that pulls sees, compared with what the ledger says that it has to see.

A rule is a pure generator over one subject and the annex's terms; it yields one message per defect. Its docstring says
what the defect is (first line), why it matters (`Why:`) and what to do (`Fix:`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Severity
from edye_delivery.qc.exposure.terms import DECISIONS, ExposureTerms
from edye_delivery.qc.rule import DOCSTRING, MESSAGE_MAX_CHARS, MESSAGES_MAX
from edye_delivery.rules.rule import Registry, Rule

CODE = re.compile(r"EXPO[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")

Check = TypeVar("Check", bound=Callable[..., Iterator[str]])


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRule(Rule):
    """A rule of the exposure check; `takes_back` says that readers must not keep a generation that breaks it."""

    severity: Severity
    subject: type
    cause: Cause
    check: Callable[..., Iterator[str]]
    takes_back: bool

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Whether the generation is taken back."""
        return (("Then", "the generation is taken back, readers get the one before"),) if self.takes_back else ()

    def findings(self, subject: Any, terms: ExposureTerms) -> tuple[Finding, ...]:
        """The rule's findings on a subject: one per defect, at most twenty, each short and printable."""
        return tuple(self.finding(message) for message in islice(self.check(subject, terms), MESSAGES_MAX))

    def finding(self, message: str) -> Finding:
        """A finding of this rule with this message."""
        return Finding(
            code=self.code,
            name=self.name,
            severity=self.severity,
            cause=self.cause,
            owner=self.owner,
            message=printable(message, MESSAGE_MAX_CHARS),
            fix=self.fix,
            source=self.source,
        )


RULES: Registry[ExposureRule] = Registry(CODE, NAME, "a code is EXPO and three digits")


def rule(
    code: str, name: str, *, on: type, cause: Cause, takes_back: bool = False, source: str = DECISIONS
) -> Callable[[Check], Check]:
    """Registers the function as a rule; ValueError for a code or name that cannot be used."""

    def register(check: Check) -> Check:
        parts = DOCSTRING.fullmatch(inspect.getdoc(check) or "")
        if parts is None:
            raise ValueError(f"{code} {name}: the docstring needs a first line, `Why:` and `Fix:`")
        what, why, fix = (" ".join(parts[part].split()) for part in ("what", "why", "fix"))
        RULES.register(ExposureRule(
            code=code, name=name, severity=Severity.BLOCK, owner=CAUSE_OWNERS[cause], source=source, what=what,
            why=why, fix=fix, subject=on, cause=cause, check=check, takes_back=takes_back,
        ))  # fmt: skip
        return check

    return register
