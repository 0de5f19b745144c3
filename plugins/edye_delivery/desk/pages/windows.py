"""Windows: for each DAG with a schedule, which windows of a month are green, red, running or missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.window_calendar import CalendarDay, WindowState, calendar_of, month_windows
from edye_delivery.desk.access import START, Caller, Visitor
from edye_delivery.desk.airflow_windows import month_runs
from edye_delivery.desk.navigation import ENTRIES
from edye_delivery.desk.render import page
from edye_delivery.errors import InvalidRequest

router = APIRouter()
CALENDARS_MAX = 12
FIRST_YEAR, LAST_YEAR = 2000, 2100


@dataclass(frozen=True, slots=True)
class DagWindows:
    """A DAG that delivers windows: its partner's name in the ledger, and its schedule; None where it has none.

    `channel` is set where an order has to name it.
    """

    dag_id: str
    partner: str
    display_name: str
    schedule: str | None
    channel: str = ""


@dataclass(frozen=True, slots=True)
class Calendar:
    """The month of one DAG; without a schedule it has no days."""

    dag: DagWindows
    days: tuple[CalendarDay, ...]
    counts: tuple[tuple[WindowState, int], ...]
    is_cut: bool
    may_start: bool

    @property
    def has_red(self) -> bool:
        """Whether a window of the month is red."""
        return WindowState.RED in dict(self.counts)

    @property
    def has_missing(self) -> bool:
        """Whether a window of the month is missing."""
        return WindowState.MISSING in dict(self.counts)


@dataclass(frozen=True, slots=True)
class Month:
    """One month in UTC."""

    first: datetime

    @property
    def end(self) -> datetime:
        """The first moment of the next month."""
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def earlier(self) -> str:
        """The month before, as 2026-03."""
        return f"{self.first - timedelta(days=1):%Y-%m}"

    @property
    def later(self) -> str:
        """The month after, as 2026-03."""
        return f"{self.end:%Y-%m}"

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"


@router.get("/windows")
def windows(
    request: Request,
    caller: Caller,
    partner: Annotated[str, Query(max_length=200)] = "",
    month: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The calendars of a partner, or of all partners that the user may see."""
    now = datetime.now(UTC)
    chosen = month_of(month, now)
    annexes = [caller.annex_of(partner)] if partner else list(caller.annexes.values())
    dags = [dag for annex in annexes for dag in _dags_of(annex) if dag.dag_id in caller.dag_ids]
    return page(
        request,
        "windows.html.j2",
        partners=tuple(caller.annexes.items()),
        partner=partner,
        month=chosen,
        calendars=[_calendar(caller, dag, chosen, now) for dag in dags[:CALENDARS_MAX]],
        is_cut=len(dags) > CALENDARS_MAX,
        has_actions=any(entry.path == "/actions" for entry in ENTRIES),
    )


def month_of(text: str, now: datetime) -> Month:
    """The month that a text such as 2026-03 names, this month for none; InvalidRequest for anything else."""
    if not text:
        return Month(now.replace(day=1, hour=0, minute=0, second=0, microsecond=0))
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidRequest(f"month is {text!r:.30}, not a month; write it like 2026-03") from None
    if not FIRST_YEAR <= first.year <= LAST_YEAR:
        raise InvalidRequest(f"month is {text!r:.30}; it lies between the years {FIRST_YEAR} and {LAST_YEAR}")
    return Month(first)


def _dags_of(annex: Annex) -> Iterator[DagWindows]:
    if annex.api is not None:
        yield DagWindows(delivery_dag_id(Channel.API, annex.partner), annex.partner, annex.display_name, annex.schedule)
    if annex.ftp is not None:
        yield DagWindows(
            delivery_dag_id(Channel.FTP, annex.partner), annex.partner, annex.display_name, None, Channel.FTP
        )
    if annex.pull is not None:
        pull = pull_annex_of(annex)
        yield DagWindows(delivery_dag_id(Channel.PULL, annex.partner), pull.partner, annex.display_name, pull.schedule)


def _calendar(caller: Visitor, dag: DagWindows, month: Month, now: datetime) -> Calendar:
    if dag.schedule is None:
        return Calendar(dag, (), (), is_cut=False, may_start=caller.may(START, dag.dag_id))
    found = month_runs(dag.dag_id, dag.schedule, month.first, month.end)
    days = calendar_of(month_windows(dag.schedule, month.first, month.end), found.runs, now, found.first_run_at)
    counts = Counter(one.state for day in days for one in day.windows)
    return Calendar(
        dag,
        days,
        tuple((state, counts[state]) for state in WindowState if counts[state]),
        is_cut=found.is_cut,
        may_start=caller.may(START, dag.dag_id),
    )
