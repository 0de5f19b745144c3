"""Texts that stand beside what a page shows: sections of the runbook, and what is known about a rule."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup

RUNBOOK = Path(__file__).parents[1] / "include" / "runbook.txt"
"""The copy of docs/runbook.md inside the package; `make docs` writes it."""
HEADING = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RuleText:
    """What `--explain` says about a rule."""

    code: str
    name: str
    severity: str
    owner: str
    what: str
    why: str
    fix: str
    source: str


@dataclass(frozen=True, slots=True)
class Section:
    """A section of the runbook: its heading, and its text as HTML."""

    heading: str
    html: Markup


def runbook_text(heading: str) -> Markup | None:
    """The section of the runbook with this heading as HTML: a task's, a cause's or an alarm's; None without one."""
    section = runbook_section(heading)
    return section.html if section is not None else None


def runbook_section(heading: str) -> Section | None:
    """The section of the runbook with this heading, upper and lower case ignored; None where it has none."""
    found = _sections().get(heading.strip().lower())
    return Section(found[0], markdown_html(found[1])) if found is not None else None


def runbook_parts() -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The headings of the runbook's chapters that have text or sections, each with those of its sections."""
    chapters: list[tuple[str, list[str]]] = []
    for one in HEADING.finditer(RUNBOOK.read_text(encoding="utf-8")):
        if one[1] == "##":
            chapters.append((one[2].strip(), []))
        elif chapters:
            chapters[-1][1].append(one[2].strip())
    return tuple((chapter, tuple(sections)) for chapter, sections in chapters)


def all_rules() -> tuple[RuleText, ...]:
    """What is known about every rule that is checked, by code."""
    rules = [rule for registry in _registries() for rule in registry.values()]
    return tuple(_text_of(rule) for rule in sorted(rules, key=lambda rule: str(rule.code)))


def rule_text(code: str) -> RuleText | None:
    """What is known about the rule with this code or name, in whatever registry it is; None where there is none."""
    for registry in _registries():
        for rule in registry.find(code):
            return _text_of(rule)
    return None


def markdown_html(text: str) -> Markup:
    """Markdown of our own documents as HTML: HTML in it is escaped, a link keeps its text and loses its address."""
    return Markup(_renderer().render(text))  # noqa: S704 (html is off)


@cache
def _renderer() -> MarkdownIt:
    made = MarkdownIt("js-default", {"html": False, "linkify": False})
    made.disable("image")
    for name in ("link_open", "link_close"):
        made.add_render_rule(name, _nothing)
    made.add_render_rule("table_open", _table_start)
    made.add_render_rule("table_close", _table_end)
    return made


def _nothing(_renderer: Any, _tokens: list[Token], _index: int, _options: Any, _state: Any) -> str:
    return ""


def _table_start(_renderer: Any, _tokens: list[Token], _index: int, _options: Any, _state: Any) -> str:
    """A table that is wider than the page scrolls by itself, also by keyboard."""
    return '<div class="scroll" tabindex="0" role="group" aria-label="Table"><table>\n'


def _table_end(_renderer: Any, _tokens: list[Token], _index: int, _options: Any, _state: Any) -> str:
    return "</table></div>\n"


def _text_of(rule: Any) -> RuleText:
    return RuleText(
        rule.code, rule.name, rule.severity.value, rule.owner.value, rule.what, rule.why, rule.fix, rule.source
    )


@cache
def _sections() -> Mapping[str, tuple[str, str]]:
    """Every heading and the text below it, without the sections below it, by the heading in small letters."""
    text = RUNBOOK.read_text(encoding="utf-8")
    found = list(HEADING.finditer(text))
    ends = [one.start() for one in found[1:]] + [len(text)]
    return {
        one[2].strip().lower(): (one[2].strip(), text[one.end() : end].strip())
        for one, end in zip(found, ends, strict=True)
    }


@cache
def _registries() -> tuple[Any, ...]:
    import edye_delivery.feeds.all_rules
    import edye_delivery.qc.check
    import edye_delivery.qc.exposure.all_rules
    import edye_delivery.qc.sync.all_rules  # noqa: F401 (with these every rule is in its registry)
    from edye_delivery.feeds.rule import RULES as FEED_RULES
    from edye_delivery.qc.exposure.rule import RULES as EXPOSURE_RULES
    from edye_delivery.qc.rule import RULES as QC_RULES
    from edye_delivery.qc.sync.rule import RULES as SYNC_RULES

    return QC_RULES, FEED_RULES, SYNC_RULES, EXPOSURE_RULES
