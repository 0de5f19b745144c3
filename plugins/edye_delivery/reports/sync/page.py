"""The comparison with JW Player as one HTML page: what differs by owner, every rule, every row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edye_delivery.catalog.vocabulary import Owner, Severity
from edye_delivery.reports.html_report import environment
from edye_delivery.reports.sync.model import SyncReport, SyncRow
from edye_delivery.reports.wording import human_seconds, seconds_between

ROWS_MAX = 2_000
OUTCOMES = {Severity.BLOCK: "failed", Severity.WARN: "rejected"}
"""The colours of the run report's states: red for what has to be corrected, amber for a warning."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the page's table; `number` makes its anchor, `outcome` its colour."""

    number: int
    row: SyncRow
    outcome: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One owner's rows under one fix."""

    owner: Owner
    cause: str
    fix: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """Everything that the template prints."""

    report: SyncReport
    lines: tuple[Line, ...]
    turns: tuple[Turn, ...]
    duration: str


def as_html(report: SyncReport) -> bytes:
    """The page in UTF-8; it has the first 2,000 rows, and says how many there are."""
    lines = tuple(
        Line(number, row, OUTCOMES[row.severity]) for number, row in enumerate(report.rows[:ROWS_MAX], start=1)
    )
    duration = human_seconds(seconds_between(report.started_at, report.finished_at))
    page = Page(report, lines, tuple(_turns(lines)), duration)
    return environment().get_template("sync/sync.html.j2").render(page=page).encode()


def _turns(lines: Iterable[Line]) -> list[Turn]:
    groups: dict[tuple[Owner, str, str], list[Line]] = {}
    for line in lines:
        worst = line.row.worst
        if worst.severity is Severity.BLOCK:
            groups.setdefault((worst.owner, worst.cause.value, worst.fix), []).append(line)
    ranked = sorted(groups.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Turn(owner, cause, fix, tuple(found)) for (owner, cause, fix), found in ranked]
