"""Confirm: the text of a run's last task: a short one for its error, and the whole one for the log above it."""

from __future__ import annotations

from itertools import chain

from edye_delivery.catalog.channel_words import state_text, words_of
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.reports.feed_model import FeedOutcome, FeedReport, errors_first
from edye_delivery.reports.model import TitleReport, WindowReport

DETAIL_MAX_CHARS = 1000
LINE_MAX_CHARS = 96
"""So much of a line is visible in Airflow's log page at a width of 1400 px, beside the list of tasks."""

INCIDENT_MAX_CHARS = 160
TITLES_MAX = 50
"""The error names at most so many titles; the log and the report name all."""


def failure_sentence(report: WindowReport) -> str:
    """Why the run is red. Each title has two short lines: its name and the cause; its owner and what to do."""
    open_titles = [title for title in report.titles if title.needs_work]
    lines = [*_head(report), *(printable(line, INCIDENT_MAX_CHARS) for line in _of_the_run(report))]
    lines += chain.from_iterable(map(_short, open_titles[:TITLES_MAX]))
    if len(open_titles) > TITLES_MAX:
        lines.append(f"  and {len(open_titles) - TITLES_MAX} more titles: the report and the log above name them")
    return "\n".join(lines)


def whole_text(report: WindowReport) -> str:
    """The same, with all that is known about each title and feed."""
    open_titles = (title for title in report.titles if title.needs_work)
    return "\n".join([*_head(report), *_of_the_run(report), *(_whole(title, report.channel) for title in open_titles)])


def done_sentence(report: WindowReport) -> str:
    """The sentence of a green run."""
    totals = report.totals
    if report.dry_run:
        done = words_of(report.channel).participle
        return f"dry run of a {report.kind}: {totals.titles} titles looked at, nothing was {done} or changed"
    result = (
        "withdrawn" if report.is_withdrawal else "accepted or not offered any more" if totals.withdrawn else "accepted"
    )
    if totals.waiting:
        result += f", but for {totals.waiting} that wait until the partner reads them"
    return f"all {totals.titles} titles of the {report.kind} are {result}, {len(report.feeds)} feeds in order"


def _head(report: WindowReport) -> list[str]:
    open_titles = sum(title.needs_work for title in report.titles)
    open_feeds = sum(feed.needs_work for feed in report.feeds)
    feeds = f", {open_feeds} of {len(report.feeds)} feeds need work" if open_feeds else ""
    what = "withdrawn" if report.is_withdrawal else "accepted"
    return [f"{open_titles} of {report.totals.titles} titles of the {report.kind} are not {what}{feeds}:"]


def _of_the_run(report: WindowReport) -> list[str]:
    feeds = (_feed_sentence(feed) for feed in report.feeds if feed.needs_work)
    return [*report.alerts, *report.incidents, *feeds, *report.to_do]


def _short(title: TitleReport) -> tuple[str, str]:
    rules = f" {' '.join(title.rules)}:" if title.rules else f" {title.cause}:" if title.cause else ""
    why = f"  {printable(title.external_id or title.edye_id)}:{rules} {title.detail}"
    step = f"    {title.owner or 'nobody named'}: {title.next_step}"
    return printable(why, LINE_MAX_CHARS), printable(step, LINE_MAX_CHARS)


def _whole(title: TitleReport, channel: Channel) -> str:
    rules = f" [{', '.join(title.rules)}]" if title.rules else ""
    state, detail = state_text(title.state, channel), printable(title.detail, DETAIL_MAX_CHARS)
    what = f"{state}, {title.cause} -> {title.owner}{rules}: {detail}"
    step = printable(title.next_step, DETAIL_MAX_CHARS)
    return f"  {printable(title.external_id or title.edye_id)}: {what}. Next: {step}"


def _feed_sentence(feed: FeedReport) -> str:
    """One line for a feed that needs work: the rules that it breaks, or the step that did not end."""
    errors = [rule for rule in errors_first(feed.findings) if rule.severity == "error"]
    if feed.outcome is not FeedOutcome.REFUSED or not errors:
        return f"  feed {feed.name}: {feed.outcome}: {feed.detail}"
    rules = ", ".join(f"{rule.code} {rule.name} x{rule.count} ({rule.owner})" for rule in errors)
    return f"  feed {feed.name}: {feed.outcome}: {rules}: the last good one stays"
