"""What a partner that pulls called lately, for a page that answers at once: hours' sums, and few lines beside them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.consumption import ErrorCall
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.api_calls import CallSelection
from edye_delivery.ledger.call_search import CallSearch, search_calls
from edye_delivery.ledger.consumption import down_minutes, slot_s_of
from edye_delivery.ledger.degradations import degradations_between
from edye_delivery.ledger.failing_minutes import minutes_without_answer
from edye_delivery.ledger.hour_sums import HourSums, calls_by_hour, hour_sums
from edye_delivery.ledger.polls import LATEST_ERRORS, oldest_line_at, poll_sums
from edye_delivery.reports.consumption.figures import Agreement, ConsumptionFacts, consumption_report
from edye_delivery.reports.consumption.model import ConsumptionReport

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
POLLED_MAX = timedelta(days=2)
LINES_MAX = 20_000
"""So many lines are read at most to count polls, and as many to find minutes without an answer."""


class Span(StrEnum):
    """How far back a page looks."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


@dataclass(frozen=True, slots=True)
class RecentConsumption:
    """The report of a window that ends with the present hour or day; latencies are upper bounds.

    Polls are counted from `polls_since` on, None where one hour has too many calls for that. The report's uptime counts
    only where `is_uptime_known`: else calls failed in more hours than a page reads.
    """

    report: ConsumptionReport
    polls_since: datetime | None
    is_uptime_known: bool


def window_of(span: Span, now: datetime) -> Window:
    """Whole hours or days in UTC, of which the last one has not ended."""
    hour = _hour_of(now)
    if span is Span.DAY:
        return Window(hour - 23 * HOUR, hour + HOUR)
    day = hour.replace(hour=0)
    days = 7 if span is Span.WEEK else 30
    return Window(day - (days - 1) * DAY, day + DAY)


def recent_consumption(
    connection: Connection, annex: Annex, pull: PullChannel, span: Span, now: datetime
) -> RecentConsumption:
    """What the partner called; no title is named, and no checkpoint."""
    partner, window, timeout_s = annex.partner, window_of(span, now), pull.degradation.timeout_s
    hours = hour_sums(connection, partner, window, timeout_s, slot_s_of(window))
    polled = _polled_window(connection, partner, window, now)
    down = _down_since(connection, partner, window, hours, timeout_s)
    so_far = Window(window.start_at, min(window.end_at, max(now, window.start_at + HOUR)))
    report = consumption_report(
        ConsumptionFacts(
            partner=partner,
            display_name=annex.display_name,
            window=so_far,
            made_at=now,
            agreement=Agreement(pull.polling_interval_s, pull.sla_percent, pull.degradation.p95_ms),
            generation=None,
            sums=hours.sums,
            lines_since=oldest_line_at(connection, partner),
            polls=poll_sums(connection, partner, polled) if polled is not None else (),
            longest_silence_s=0,
            checkpoints=(),
            syncs=(),
            fetched=None,
            errors=_errors(connection, partner, window),
            down_since=tuple(down or ()),
            degradations=degradations_between(connection, partner, window.start_at, window.end_at),
        )
    )
    return RecentConsumption(report, polled.start_at if polled is not None else None, down is not None)


def agreed_polls(pull: PullChannel, since: datetime, now: datetime) -> int:
    """How often the partner has agreed to read each list in that time."""
    return int((now - since).total_seconds() // pull.polling_interval_s)


def _polled_window(connection: Connection, partner: str, window: Window, now: datetime) -> Window | None:
    """The last hours of the window, as many as have few enough lines; None where the last one has too many."""
    latest = _hour_of(now) + HOUR
    hours = Window(max(window.start_at, latest - POLLED_MAX), latest)
    calls = calls_by_hour(connection, partner, hours)
    start_at, lines = hours.end_at, 0
    while start_at > hours.start_at:
        lines += calls.get(start_at - HOUR, 0)
        if lines > LINES_MAX:
            break
        start_at -= HOUR
    return Window(start_at, hours.end_at) if start_at < hours.end_at else None


def _down_since(
    connection: Connection, partner: str, window: Window, hours: HourSums, timeout_s: float
) -> list[datetime] | None:
    """The minutes without a good answer; None where calls failed in too many, or timed out among too many."""
    slot_s, found = hours.sums.slot_s, minutes_without_answer(connection, partner, window, timeout_s)
    slow = [one for one in hours.sums.sums if one.start_s in hours.timeout_slots]
    if found is None or sum(one.calls for one in slow) > LINES_MAX:
        return None
    minutes = set(found)
    for start_s in hours.timeout_slots:
        start_at = datetime.fromtimestamp(start_s, UTC)
        minutes |= set(down_minutes(connection, partner, Window(start_at, start_at + slot_s * SECOND), timeout_s))
    return sorted(minutes)


def _hour_of(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def _errors(connection: Connection, partner: str, window: Window) -> tuple[ErrorCall, ...]:
    """The newest calls of the partner that were not answered well."""
    chosen = CallSelection(partner=partner, since=window.start_at, until=window.end_at, only_errors=True)
    page = search_calls(connection, CallSearch(chosen, is_with_own=False), LATEST_ERRORS)
    return tuple(
        ErrorCall(
            line.at, line.user or "", line.endpoint, line.status, line.milliseconds, line.message or "", line.request_id
        )
        for line in page.lines
    )
