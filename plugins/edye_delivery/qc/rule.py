"""The quality rules: each has its code, its reason and its remedy beside the function that checks it.

A rule is a pure generator over one subject and the annex. It yields one message per defect. Its docstring says what the
defect is (first line), why it matters (`Why:`) and what to do (`Fix:`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from typing import Any, TypeVar

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Owner, Severity
from edye_delivery.rules.rule import Registry, Rule

CODE = re.compile(r"(META|VID|IMG)[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)+")
DOCSTRING = re.compile(r"(?P<what>.+?)\n\nWhy: (?P<why>.+?)\nFix: (?P<fix>.+)", re.DOTALL)
MESSAGES_MAX = 20
MESSAGE_MAX_CHARS = 600

Check = TypeVar("Check", bound=Callable[..., Iterator[str]])


class Subject(StrEnum):
    """What a rule looks at."""

    ITEM = "an item of the catalogue"
    WINDOW = "all titles of a window"
    TITLE = "a planned title"
    MEDIA = "a title's media file"
    ENCODE = "the re-encode of a title's media file"
    PICTURE = "one picture of a title"
    ARTWORK = "all artwork of a title"


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgingRule(Rule):
    """A rule whose defects are findings, which have a severity, a cause and an owner."""

    severity: Severity
    cause: Cause
    check: Callable[..., Iterator[str]]

    def messages(self, *subject: Any) -> tuple[str, ...]:
        """What the rule says of a subject: a message per defect, at most twenty."""
        return tuple(islice(self.check(*subject), MESSAGES_MAX))

    def finding(self, message: str) -> Finding:
        """A finding of this rule with this message; also for a defect that another step found, such as rendering."""
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


def texts_of(check: Callable[..., Any], code: str, name: str) -> dict[str, str]:
    """The rule's `what`, `why` and `fix` from the function's docstring; ValueError where it lacks one."""
    parts = DOCSTRING.fullmatch(inspect.getdoc(check) or "")
    if parts is None:
        raise ValueError(f"{code} {name}: the docstring needs a first line, `Why:` and `Fix:`")
    return {part: " ".join(text.split()) for part, text in parts.groupdict().items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class QcRule(JudgingRule):
    """A quality rule; `unless` gives the reason to skip it for a subject, or None.

    `is_fixed_by_encode` says that a new encode of the media file removes the defect. `severity_of`, if it is set, takes
    the severity from the annex; `severity` is then only the default.
    """

    subject: Subject
    unless: Callable[..., str | None] | None
    is_fixed_by_encode: bool = False
    severity_of: Callable[[Any], Severity] | None = None

    @property
    def family(self) -> str:
        """META, VID or IMG."""
        return self.code[:-3]

    def skip_reason(self, *subject: Any) -> str | None:
        """Why the rule has no answer for this subject; None if it has one."""
        return self.unless(*subject) if self.unless else None

    def findings(self, *subject: Any) -> tuple[Finding, ...]:
        """The rule's findings on a subject: one per defect, at most twenty, each short and printable."""
        found = tuple(self.finding(message) for message in self.messages(*subject))
        if self.severity_of is None or not found:
            return found
        severity = self.severity_of(subject[-1])
        return tuple(finding.model_copy(update={"severity": severity}) for finding in found)


RULES: Registry[QcRule] = Registry(CODE, NAME, "a code is META, VID or IMG and three digits")


def rule(
    code: str,
    name: str,
    severity: Severity,
    *,
    on: Subject,
    cause: Cause,
    source: str,
    owner: Owner | None = None,
    unless: Callable[..., str | None] | None = None,
    is_fixed_by_encode: bool = False,
    severity_of: Callable[[Any], Severity] | None = None,
) -> Callable[[Check], Check]:
    """Registers the function as a rule; ValueError for a code or name that cannot be used."""

    def register(check: Check) -> Check:
        RULES.register(QcRule(
            code=code, name=name, severity=severity, owner=owner or CAUSE_OWNERS[cause], source=source, subject=on,
            cause=cause, check=check, unless=unless, is_fixed_by_encode=is_fixed_by_encode, severity_of=severity_of,
            **texts_of(check, code, name),
        ))  # fmt: skip
        return check

    return register


def rules_on(subject: Subject) -> tuple[QcRule, ...]:
    """The rules that look at this kind of subject, by code."""
    return tuple(rule for rule in RULES.in_order() if rule.subject is subject)
