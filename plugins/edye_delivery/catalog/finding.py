"""A finding: what a quality rule found wrong with one title."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from edye_delivery.catalog.vocabulary import Cause, Owner, Severity


class Finding(BaseModel):
    """What one rule found wrong with one title: what was measured, the cause, the owner, what to do."""

    model_config = ConfigDict(frozen=True)

    code: str
    name: str
    severity: Severity
    cause: Cause
    owner: Owner
    message: str
    fix: str
    source: str


def blocking(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """The findings that keep a title from being delivered."""
    return tuple(finding for finding in findings if finding.severity is Severity.BLOCK)
