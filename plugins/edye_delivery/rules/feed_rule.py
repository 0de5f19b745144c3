"""The feed rules: every code with its reason and remedy; checks yield hits of these rules, reports print findings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Owner

CODE = re.compile(r"FEED[0-9]{3}")
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MESSAGE_MAX_CHARS = 400
SHOWN_MAX_CHARS = 80
ENCODER = json.JSONEncoder(ensure_ascii=False)

RETIRED: dict[str, str] = {}
"""Codes that are no longer checked and never used again, each with the reason."""


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


@dataclass(frozen=True, slots=True)
class FeedRule:
    """One rule; `partner_code` is the code of Roku's own report where it is known (Known of Roku's own checks)."""

    code: str
    name: str
    severity: FeedSeverity
    owner: Owner
    source: str
    what: str
    why: str
    fix: str
    partner_code: str | None

    @property
    def family(self) -> Family:
        """What the rule is about."""
        return Family(self.code[4])

    def at(self, path: str, message: str, about: str = "") -> Hit:
        """The rule is broken at this spot; for something missing, `path` is its parent and `about` its key."""
        return Hit(self, path, message, about)


RULES: dict[str, FeedRule] = {}


def _entered(
    severity: FeedSeverity,
    code: str,
    name: str,
    text: tuple[str, str, str, str],
    owner: Owner,
    partner_code: str | None,
) -> FeedRule:
    if not (CODE.fullmatch(code) and NAME.fullmatch(name)):
        raise ValueError(f"{code} {name}: a code is FEED and three digits, a name is-written-like-this")
    if code in RETIRED or code in RULES or name in {known.name for known in RULES.values()}:
        raise ValueError(f"{code} {name}: the code or the name is taken or retired; use the next free one")
    what, why, fix, source = text
    RULES[code] = FeedRule(code, name, severity, owner, source, what, why, fix, partner_code)
    return RULES[code]


def error(
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
    """Enters a rule whose breach Roku refuses or drops; ValueError for a code or name that cannot be used."""
    return _entered(FeedSeverity.ERROR, code, name, (what, why, fix, source), owner, partner_code)


def warning(
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
    """Enters a rule whose breach Roku clips, tolerates or merely advises against; ValueError as `error`."""
    return _entered(FeedSeverity.WARNING, code, name, (what, why, fix, source), owner, partner_code)


def shown(value: object) -> str:
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
