"""What a feed rule is: a code with its reason and remedy. Checks give hits of a rule, reports print findings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, NamedTuple

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.rule import Registry, Rule

CODE = re.compile(r"FEED[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MESSAGE_MAX_CHARS = 400
SHOWN_MAX_CHARS = 80
ENCODER = json.JSONEncoder(ensure_ascii=False)


class FeedSeverity(StrEnum):
    """Error: Roku refuses or drops the part. Warning: Roku clips or tolerates it, or only recommends otherwise."""

    ERROR = "error"
    WARNING = "warning"


class Family(StrEnum):
    """What a rule is about; the value is the first digit of the rule's code."""

    SCHEMA = "0"
    SEARCH = "1"
    LIVE = "2"
    DIRECT = "3"
    CHAIN = "4"
    PICTURES = "5"
    ASSEMBLY = "6"


class Hit(NamedTuple):
    """A defect as a check finds it: `path` is a JSON pointer inside the checked part, `about` a missing key."""

    rule: FeedRule
    path: str
    message: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRule(Rule):
    """A rule of a feed; `partner_code` is its code in Roku's own report, if known (Known of Roku's own checks)."""

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
        """A hit of this rule at this spot; if something is missing, `path` is its parent and `about` its key."""
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
    """Registers a rule; ValueError for a code or name that cannot be used."""
    return RULES.register(FeedRule(
        code=code, name=name, severity=severity, owner=owner, source=source, what=what, why=why, fix=fix,
        partner_code=partner_code,
    ))  # fmt: skip


error = partial(rule, FeedSeverity.ERROR)
"""Registers a rule; Roku refuses or drops what breaks it."""
warning = partial(rule, FeedSeverity.WARNING)
"""Registers a rule; Roku clips or tolerates what breaks it, or only recommends otherwise."""


def excerpt(value: object) -> str:
    """A foreign JSON value for a message, as JSON writes it: short and printable; a long one is cut."""
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


def parent_at(value: Any, path: str) -> tuple[Any, Any]:
    """The object or list that contains the part at a JSON pointer, and the part's key or index in it."""
    parent, key = value, None
    for number, text in enumerate(path.split("/")[1:]):
        parent = parent[key] if number else parent
        key = int(text) if isinstance(parent, list) else text.replace("~1", "/").replace("~0", "~")
    return parent, key
