"""What a case of a rule is: a title as it would come, and the findings that it must and may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from edye_delivery.qc.check import CheckResult


class Side(StrEnum):
    """On which side of a rule a case lies; `AT_LIMIT` is the nearest to the other side that can be."""

    PASSING = "passing"
    FAILING = "failing"
    AT_LIMIT = "at-limit"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a rule: all findings of the result, in order, are `expected`, no more and no less."""

    code: str
    side: Side
    what: str
    ask: Callable[[], CheckResult]
    expected: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        """The case for pytest's list."""
        return f"{self.code}-{self.side}-{self.what}"


def passing(code: str, what: str, ask: Callable[[], CheckResult], *expected: str) -> Case:
    """A case that the rule has nothing to say about."""
    return Case(code, Side.PASSING, what, ask, expected)


def failing(code: str, what: str, ask: Callable[[], CheckResult]) -> Case:
    """A case that has this rule's finding and no other."""
    return Case(code, Side.FAILING, what, ask, (code,))


def at_limit(code: str, what: str, ask: Callable[[], CheckResult], *expected: str) -> Case:
    """The nearest case to the rule's limit, on either side of it."""
    return Case(code, Side.AT_LIMIT, what, ask, expected)
