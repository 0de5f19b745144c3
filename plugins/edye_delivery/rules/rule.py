"""A rule: what is wrong if it is broken, why that matters, whose turn it is; and the registries of rules."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from edye_delivery.catalog.vocabulary import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule of quality or of feeds says about itself; its check stands beside its definition."""

    code: str
    name: str
    severity: StrEnum
    owner: Owner
    source: str
    what: str
    why: str
    fix: str

    @property
    def names(self) -> tuple[str, ...]:
        """The code and the names by which a person can look it up."""
        return (self.code, self.name)

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """More that a person should know about it: pairs of label and text."""
        return ()


R = TypeVar("R", bound=Rule)


@dataclass(slots=True)
class Registry(Mapping[str, R]):
    """Rules by their codes; `forms` describes the patterns of code and name in words.

    `retired` holds the codes that are no longer checked and never used again, each with the reason.
    """

    code_pattern: re.Pattern[str]
    name_pattern: re.Pattern[str]
    forms: str
    retired: dict[str, str] = field(default_factory=dict)
    rules: dict[str, R] = field(default_factory=dict)

    def register(self, rule: R) -> R:
        """Adds a rule and returns it; ValueError for a code or name that cannot be used."""
        label = f"{rule.code} {rule.name}"
        if not (self.code_pattern.fullmatch(rule.code) and self.name_pattern.fullmatch(rule.name)):
            raise ValueError(f"{label}: {self.forms}, a name is-written-like-this")
        is_taken = rule.code in self.rules or rule.name in {known.name for known in self.rules.values()}
        if is_taken or rule.code in self.retired:
            raise ValueError(f"{label}: the code or the name is taken or retired; use the next free one")
        self.rules[rule.code] = rule
        return rule

    def find(self, name: str) -> list[R]:
        """The rules with this code or name; upper and lower case do not matter."""
        key = name.strip().lower()
        return [rule for rule in self.in_order() if key in (known.lower() for known in rule.names)]

    def in_order(self) -> list[R]:
        """All rules, sorted by code."""
        return [self.rules[code] for code in sorted(self.rules)]

    def __getitem__(self, code: str) -> R:
        return self.rules[code]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rules)

    def __len__(self) -> int:
        return len(self.rules)
