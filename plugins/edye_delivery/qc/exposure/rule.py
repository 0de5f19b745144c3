"""The rules EXPO: what a partner that pulls sees, compared with what the ledger says that it has to see.

A rule is a pure generator over one subject and the annex's terms; it yields one message per defect. Its docstring says
what the defect is (first line), why it matters (`Why:`) and what to do (`Fix:`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Severity
from edye_delivery.qc.exposure.terms import DECISIONS, ExposureTerms
from edye_delivery.qc.rule import NAME, Check, JudgingRule, texts_of
from edye_delivery.rules.rule import Registry

CODE = re.compile(r"EXPO[0-9]{3}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRule(JudgingRule):
    """A rule of the exposure check; `takes_back` says that readers must not keep a generation that breaks it."""

    subject: type
    takes_back: bool

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Whether the generation is taken back."""
        return (("Then", "the generation is taken back, readers get the one before"),) if self.takes_back else ()

    def findings(self, subject: Any, terms: ExposureTerms) -> tuple[Finding, ...]:
        """The rule's findings on a subject: one per defect, at most twenty, each short and printable."""
        return tuple(self.finding(message) for message in self.messages(subject, terms))


RULES: Registry[ExposureRule] = Registry(CODE, NAME, "a code is EXPO and three digits")


def rule(
    code: str, name: str, *, on: type, cause: Cause, takes_back: bool = False, source: str = DECISIONS
) -> Callable[[Check], Check]:
    """Registers the function as a rule; ValueError for a code or name that cannot be used."""

    def register(check: Check) -> Check:
        RULES.register(ExposureRule(
            code=code, name=name, severity=Severity.BLOCK, owner=CAUSE_OWNERS[cause], source=source,
            subject=on, cause=cause, check=check, takes_back=takes_back, **texts_of(check, code, name),
        ))  # fmt: skip
        return check

    return register
