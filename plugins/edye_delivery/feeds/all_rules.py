"""Every feed rule: importing this enters them all into the catalogue."""

from __future__ import annotations

import edye_delivery.feeds.lint.images.rules
import edye_delivery.feeds.lint.linter  # with it the rules of every kind of feed
import edye_delivery.feeds.write.rules  # noqa: F401
from edye_delivery.rules.feed_rule import RULES, FeedRule


def rules_named(name: str) -> list[FeedRule]:
    """The rules of this code, this name or this code of Roku's report; upper and lower case do not matter."""
    wanted = name.strip().lower()
    return [
        RULES[code]
        for code in sorted(RULES)
        if wanted in (code.lower(), RULES[code].name, (RULES[code].partner_code or code).lower())
    ]


def all_names() -> list[str]:
    """All codes, names and codes of Roku's report by which a rule can be asked for."""
    return [
        name
        for code in sorted(RULES)
        for name in (code, RULES[code].name, RULES[code].partner_code)
        if name is not None
    ]
