"""The feed rules: every code with its reason and remedy; checks yield hits of these rules, reports print findings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.rule import Registry, Rule

CODE = re.compile(r"FEED[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MESSAGE_MAX_CHARS = 400
SHOWN_MAX_CHARS = 80
ENCODER = json.JSONEncoder(ensure_ascii=False)


class FeedSeverity(StrEnum):
    """Error: Roku refuses or drops it. Warning: Roku clips or tolerates it, or merely advises otherwise."""

    ERROR = "error"
    WARNING = "warning"


class Family(StrEnum):
    """What a rule is about; its value is the first digit of the codes."""

    SCHEMA = "0"
    SEARCH = "1"
    LIVE = "2"
    DIRECT = "3"
    CHAIN = "4"
    PICTURES = "5"
    ASSEMBLY = "6"


class Hit(NamedTuple):
    """A defect as a check sees it: `path` is a JSON pointer below what was checked, `about` the key that is missing."""

    rule: FeedRule
    path: str
    message: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRule(Rule):
    """A rule of a feed; `partner_code` is that of Roku's own report where it is known (Known of Roku's own checks)."""

    severity: FeedSeverity
    partner_code: str | None

    @property
    def family(self) -> Family:
        """What the rule is about."""
        return Family(self.code[4])

    @property
    def names(self) -> tuple[str, ...]:
        """Its code, its name, its code in Roku's report."""
        return (self.code, self.name, *([self.partner_code] if self.partner_code else []))

    @property
    def remarks(self) -> tuple[tuple[str, str], ...]:
        """Its code in Roku's report."""
        return (("Roku's code", self.partner_code),) if self.partner_code else ()

    def at(self, path: str, message: str, about: str = "") -> Hit:
        """The rule is broken at this spot; for something missing, `path` is its parent and `about` its key."""
        return Hit(self, path, message, about)


RULES: Registry[FeedRule] = Registry(CODE, NAME, "a code is FEED and three digits")


def rule(
    severity: FeedSeverity,
    code: str,
    name: str,
    *,
    what: str,
    why: str,
    fix: str,
    source: str,
    owner: Owner = Owner.CONTENT_OPERATIONS,
    partner_code: str | None = None,
) -> FeedRule:
    """Enters a rule in the registry; ValueError for a code or name that cannot be used."""
    return RULES.register(FeedRule(
        code=code, name=name, severity=severity, owner=owner, source=source, what=what, why=why, fix=fix,
        partner_code=partner_code,
    ))  # fmt: skip


error = partial(rule, FeedSeverity.ERROR)
"""Enters a rule whose breach Roku refuses or drops."""
warning = partial(rule, FeedSeverity.WARNING)
"""Enters a rule whose breach Roku clips, tolerates or merely advises against."""


def excerpt(value: object) -> str:
    """A foreign JSON value for a message, as JSON writes it: short, printable; of a long one only the head is read."""
    if isinstance(value, str):
        return printable(json.dumps(value[: SHOWN_MAX_CHARS + 1], ensure_ascii=False), SHOWN_MAX_CHARS)
    text = ""
    for piece in ENCODER.iterencode(value):
        text += piece
        if len(text) > SHOWN_MAX_CHARS:
            break
    return printable(text, SHOWN_MAX_CHARS)


def pointer(*parts: str | int) -> str:
    """A JSON pointer (RFC 6901) of keys and indexes."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
