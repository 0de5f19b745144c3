"""The text that explains a rule to a person who asks for it by its code or by one of its names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from operator import ne

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.wording import Line
from edye_delivery.rules.rule import Rule

LIKE_DIGITS = str.maketrans("oil", "011")
NAMES_MAX = 4
WARNINGS = frozenset({"warn", "warning"})


def colour_of(rule: Rule) -> str:
    """Yellow for a warning, red for everything else."""
    return "yellow" if rule.severity.value in WARNINGS else "red"


def explain(rules: Iterable[Rule]) -> Iterator[Line]:
    """Everything that is known about the rules, with an empty line between two of them."""
    for number, rule in enumerate(rules):
        if number:
            yield []
        yield [*heading(rule), (f"  {rule.severity}", colour_of(rule))]
        yield [(rule.what, "")]
        for label, text in (("Why", rule.why), ("Fix", rule.fix), ("Owner", rule.owner.value), ("Source", rule.source)):
            yield [(f"{label}: ", "bold"), (text, "")]
        for label, text in rule.remarks:
            yield [(f"{label}: ", "bold"), (text, "")]


def heading(rule: Rule) -> Line:
    """A rule's code and name."""
    return [(rule.code, f"bold {colour_of(rule)}"), (f" {rule.name}", "bold")]


def sentence_on_unknown(rules: Iterable[Rule], name: str) -> str:
    """A sentence that says there is no such rule, with the names that were probably meant."""
    close = _close_names([known for rule in rules for known in rule.names], name.strip().lower())
    hint = f"; close to it are {', '.join(close)}" if close else ""
    return f"there is no rule {printable(name, 60)!r}{hint}"


def _close_names(all_names: list[str], name: str) -> list[str]:
    """Names that somebody may have meant; first those of the same length with the fewest different letters.

    A letter that looks like a digit (o, i, l) also counts as that digit.
    """
    names = {known.lower(): known for known in all_names}
    matches = get_close_matches(name, names, n=50, cutoff=0.6)
    spellings = (name, name.translate(LIKE_DIGITS))

    def letters_off(one: str) -> int:
        return min(sum(map(ne, one, spelling)) for spelling in spellings) if len(one) == len(name) else len(name)

    matches.sort(key=letters_off)
    return [names[one] for one in matches[:NAMES_MAX]]
