"""The report of a comparison with JW Player as frozen values: what differs, whose turn it is, how the sweep went."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.catalog.vocabulary import Cause, Owner, Severity
from edye_delivery.reports.model import Colour
from edye_delivery.reports.values import Count, Moment, ReportValue, Text


class SyncFinding(ReportValue):
    """One rule's finding."""

    code: str
    name: str
    severity: Severity
    cause: Cause
    owner: Owner
    message: Text
    fix: Text


class SyncRow(ReportValue):
    """A title, or a media or playlist without one, and what differs; it has one finding or more.

    `title` is its name for people; `kind` says what it is: movie, episode, special, short, media or playlist.
    """

    edye_id: Text = ""
    external_id: Text = ""
    media_id: Text = ""
    title: Text = ""
    series: Text = ""
    kind: Text
    lang: Text = ""
    findings: tuple[SyncFinding, ...]

    @property
    def worst(self) -> SyncFinding:
        """The first finding that blocks, else the first one: its owner acts first."""
        return next((one for one in self.findings if one.severity is Severity.BLOCK), self.findings[0])

    @property
    def severity(self) -> Severity:
        """Block where one finding blocks."""
        return self.worst.severity


class RuleCount(ReportValue):
    """How often one rule found something, and how many titles it could not answer for."""

    code: str
    name: str
    owner: Owner
    blocking: Count
    warnings: Count
    skipped: Count


class TurnCount(ReportValue):
    """How many rows with a finding that blocks wait for one owner for one cause."""

    owner: Owner
    cause: Cause
    rows: Count


class SweepFigures(ReportValue):
    """How JW Player was read; where it is not complete, `sentence` says why, and nothing counts as missing."""

    began_at: Moment
    ended_at: Moment
    total: Count
    media_read: Count
    calls: Count
    is_complete: bool
    sentence: Text = ""


class Compared(ReportValue):
    """How much was compared; `sources_left` media were not looked up at the Delivery API this time.

    `given` titles are those that the partner was given. `not_judged` ones have a media that the sweep did not find and,
    as it is not complete, says nothing of. `malformed` items of the catalogue cannot be read. `unreadable_media` have a
    field that cannot be read, such as a date, and that is taken for empty.
    """

    titles: Count = 0
    given: Count = 0
    not_judged: Count = 0
    media: Count = 0
    playlists: Count = 0
    sources: Count = 0
    sources_left: Count = 0
    malformed: Count = 0
    unreadable_media: Count = 0


class SyncReport(ReportValue):
    """What one comparison found; the page and the JSON have the first rows, the CSV has all of `rows_in_all`.

    `partner` is empty where no partner was given; `titles` are the names that were asked for, empty for all.
    """

    run_id: Text
    partner: str = ""
    display_name: Text = ""
    titles: tuple[Text, ...] = ()
    colour: Colour
    started_at: Moment
    finished_at: Moment
    sweep: SweepFigures
    compared: Compared
    rules: tuple[RuleCount, ...]
    turns: tuple[TurnCount, ...] = ()
    incidents: tuple[Text, ...] = ()
    rows_in_all: Count = 0
    blocking_rows: Count = 0
    rows: tuple[SyncRow, ...] = ()


def colour_of(blocking_rows: int, incidents: Iterable[str]) -> Colour:
    """Red where something differs that somebody has to correct, or where the comparison is not whole."""
    return Colour.RED if blocking_rows or any(True for _ in incidents) else Colour.GREEN
