"""What a page has, show by show, so that a later assembly can replace one show of it and leave the rest."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from edye_delivery.catalog.plan import Record
from edye_delivery.feeds.finding import FeedFinding, Findings
from edye_delivery.feeds.rule import RULES
from edye_delivery.feeds.write.notes import Note

EXAMPLES_MAX = 10
"""So many notes on each rule are shown; the others are only counted."""
ItemFacts = tuple[str, str, int]
"""An item's id, kind and size in bytes."""


class RuleNotes(Record):
    """How many notes on a rule a page has, and the first of them, each an external_id and a message."""

    count: int
    examples: tuple[tuple[str, str], ...]


class PageFacts(Record):
    """A page without its end, in short: `digest` and `size_bytes` are those of its head and items.

    `first` are the key of its first show, and id and size of its first item. `ends_ms` is the next end of an
    availability in it. Notes are by the code of their rule.
    """

    digest: str
    size_bytes: int
    items: int
    kinds: dict[str, int]
    first: tuple[str, str, int]
    ends_ms: int | None
    notes: dict[str, RuleNotes]
    index: str


@dataclass(slots=True)
class Part:
    """A show, or what one page has of it; notes and next end are in its first part."""

    key: str
    ends_ms: int | None
    notes: Sequence[Note]
    items: list[ItemFacts] = field(default_factory=list)
    is_continued: bool = False


def dump_index(parts: Iterable[Part]) -> bytes:
    """The parts of a page as JSON, the same bytes for the same parts."""
    return orjson.dumps([[part.key, part.ends_ms, part.notes, part.items, part.is_continued] for part in parts])


def load_index(content: bytes) -> list[Part]:
    """The parts from their JSON; ValueError where it is something else."""
    try:
        rows: list[Any] = orjson.loads(content)
        return [Part(key, ends_ms, notes, items, is_continued) for key, ends_ms, notes, items, is_continued in rows]
    except TypeError as error:
        raise ValueError(f"no index of a page: {error}") from error


def facts_of(parts: Sequence[Part], digest: str, size_bytes: int, index: str) -> PageFacts:
    """The page in short."""
    kinds = Counter(kind for part in parts for _, kind, _ in part.items)
    first = next(((parts[0].key, part.items[0][0], part.items[0][2]) for part in parts if part.items), ("", "", 0))
    notes: dict[str, list[tuple[str, str]]] = {}
    for part in parts:
        for code, external_id, message in part.notes:
            notes.setdefault(code, []).append((external_id, message))
    return PageFacts(
        digest=digest,
        size_bytes=size_bytes,
        items=kinds.total(),
        kinds=dict(kinds),
        first=first,
        ends_ms=min((part.ends_ms for part in parts if part.ends_ms is not None), default=None),
        notes={
            code: RuleNotes(count=len(found), examples=tuple(found[:EXAMPLES_MAX])) for code, found in notes.items()
        },
        index=index,
    )


def findings_of(pages: Iterable[PageFacts]) -> Findings:
    """The notes of all pages: all are counted, and the first ones on every rule are kept."""
    findings = Findings(EXAMPLES_MAX)
    for page in pages:
        for code, notes in page.notes.items():
            room = max(0, EXAMPLES_MAX - findings.counts[code])
            findings.counts[code] += notes.count
            for external_id, message in notes.examples[:room]:
                findings.kept.append(FeedFinding("", RULES[code], "", external_id, message))
    return findings
