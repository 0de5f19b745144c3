"""The report of a comparison with JW Player, and the state of media that it leaves for quality control."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jw_check import JwCheckRequest
from edye_delivery.catalog.jw_player import JwStatus, JwSweep
from edye_delivery.catalog.jw_states import BadMedia, MediaState, MediaStates
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Severity
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import names_text
from edye_delivery.pipeline.sync_agreement import bad_media_ids
from edye_delivery.pipeline.sync_check import SyncCheck
from edye_delivery.reports.sync.model import SweepFigures, SyncReport, SyncRow, colour_of

ROWS_MAX = 5_000
"""How many rows JSON, page and spreadsheet have; the CSV has all."""
LINES_MAX = 50
LINE_MAX_CHARS, INCIDENT_MAX_CHARS = 160, 400


def sync_report(
    request: JwCheckRequest,
    annex: Annex | None,
    check: SyncCheck,
    incidents: Sequence[str],
    sources_left: int,
    started_at: datetime,
    finished_at: datetime,
    malformed: int = 0,
) -> SyncReport:
    """The report of a comparison that has run; red where somebody has to correct something, or it is not whole."""
    all_incidents = (*_incidents_of(check), *incidents)
    findings = check.findings
    return SyncReport(
        run_id=request.run.run_id,
        partner=request.partner,
        display_name=annex.display_name if annex is not None else "",
        titles=request.titles,
        colour=colour_of(findings.blocking_rows, all_incidents),
        started_at=rfc3339(started_at),
        finished_at=rfc3339(finished_at),
        sweep=_figures_of(check.sweep),
        compared=check.compared.model_copy(update={"sources_left": sources_left, "malformed": malformed}),
        rules=findings.rule_counts(),
        turns=findings.turns(),
        incidents=all_incidents,
        rows_in_all=findings.rows_in_all,
        blocking_rows=findings.blocking_rows,
        rows=findings.first_rows(ROWS_MAX),
    )


def states_after(check: SyncCheck, before: MediaStates | None) -> MediaStates | None:
    """What quality control has to know after this comparison; None where it learns nothing.

    A complete sweep says it anew, for the titles of every partner. A comparison of named titles corrects what it looked
    at, and leaves the time.
    """
    if not check.sweep.is_complete:
        return None
    if check.is_whole:
        bad = _bad_media(check, before, only_asked=False)
        return MediaStates(swept_at=check.sweep.began_at, media_read=check.sweep.media_read, bad=bad)
    if before is None:
        return None
    looked_at = frozenset(check.titles.media_ids())
    kept = {media_id: bad for media_id, bad in before.bad.items() if media_id not in looked_at}
    return before.model_copy(update={"bad": kept | _bad_media(check, before, only_asked=True)})


def _bad_media(check: SyncCheck, before: MediaStates | None, *, only_asked: bool) -> dict[str, BadMedia]:
    """The media that a complete sweep found failed, or did not find; one that nobody is sure of stays as it was."""
    bad: dict[str, BadMedia] = {}
    for media_id in bad_media_ids(check.titles, only_asked=only_asked):
        media = check.library.get(media_id)
        if media is None and check.is_sure_of(media_id):
            bad[media_id] = BadMedia(state=MediaState.GONE)
        elif media is None:
            if before is not None and media_id in before.bad:
                bad[media_id] = before.bad[media_id]
        elif media.known_status is JwStatus.FAILED:
            bad[media_id] = BadMedia(state=MediaState.FAILED, detail=media.error_message)
    return bad


def failure_text(report: SyncReport) -> str:
    """Why the run is red: its incidents, then the first rows that somebody has to correct, two lines each."""
    lines = [f"{report.blocking_rows} differences between JW Player and EDYE have to be corrected:"]
    lines += [printable(incident, INCIDENT_MAX_CHARS) for incident in report.incidents]
    blocking = [row for row in report.rows if row.severity is Severity.BLOCK][:LINES_MAX]
    for row in blocking:
        lines += _lines_of(row)
    if report.blocking_rows > len(blocking):
        lines.append(f"  and {report.blocking_rows - len(blocking)} more: the report names them")
    return "\n".join(lines)


def done_text(report: SyncReport) -> str:
    """The sentence of a green run."""
    warnings = report.rows_in_all - report.blocking_rows
    return (
        f"{report.compared.titles} titles and {report.sweep.media_read} media compared: nothing has to be corrected, "
        f"{warnings} warnings"
    )


def not_found_incident(names: Sequence[str]) -> list[str]:
    """A sentence on titles that were asked for and are not in the catalogue."""
    return [f"asked for, but not in the catalogue: {names_text(names)}"] if names else []


def _incidents_of(check: SyncCheck) -> Iterator[str]:
    if not check.sweep.is_complete:
        yield f"the sweep of JW Player is not complete: {check.sweep.sentence}"
    if check.looks.failed:
        yield f"{check.looks.failed} media could not be looked up at the Delivery API: {check.looks.failure}"


def _figures_of(sweep: JwSweep) -> SweepFigures:
    return SweepFigures(
        began_at=rfc3339(sweep.began_at),
        ended_at=rfc3339(sweep.ended_at),
        total=sweep.total,
        media_read=sweep.media_read,
        calls=sweep.calls,
        is_complete=sweep.is_complete,
        sentence=sweep.sentence,
    )


def _lines_of(row: SyncRow) -> list[str]:
    worst = row.worst
    name = row.title or row.external_id or row.edye_id or row.media_id
    codes = " ".join(dict.fromkeys(one.code for one in row.findings))
    return [
        printable(
            f"  {name} ({row.external_id or row.edye_id or row.media_id}): {codes}: {worst.message}", LINE_MAX_CHARS
        ),
        printable(f"    {worst.owner}: {worst.fix}", LINE_MAX_CHARS),
    ]
