"""The consumption report as frozen values; its JSON is the report's contract."""

from __future__ import annotations

from pydantic import Field

from edye_delivery.catalog.degradation import DegradationKind, Subject
from edye_delivery.reports.model import Span
from edye_delivery.reports.values import Count, Moment, ReportValue, Text
from edye_delivery.reports.wording import seconds_between


class CallCounts(ReportValue):
    """Calls by how they were answered; `calls` is their sum. `timeouts` took longer than the annex's timeout."""

    calls: Count = 0
    ok: Count = 0
    not_modified: Count = 0
    other: Count = 0
    refused: Count = 0
    rate_limited: Count = 0
    failed: Count = 0
    timeouts: Count = 0
    bytes: Count = 0
    items: Count = 0


class Latency(ReportValue):
    """Milliseconds within which 50, 95 and 99 of 100 calls were answered."""

    p50_ms: float = Field(ge=0, allow_inf_nan=False)
    p95_ms: float = Field(ge=0, allow_inf_nan=False)
    p99_ms: float = Field(ge=0, allow_inf_nan=False)


class EndpointUse(ReportValue):
    """The calls of one user on one endpoint."""

    endpoint: Text
    user: Text
    counts: CallCounts
    latency: Latency | None


class SlotUse(ReportValue):
    """The calls of one slot of time."""

    start_at: Moment
    counts: CallCounts
    latency: Latency | None


class PollUse(ReportValue):
    """How often one user began to read a list, beside the polls that are agreed for the window."""

    endpoint: Text
    user: Text
    polls: Count
    agreed: Count


class Checkpoint(ReportValue):
    """The last checkpoint that a user sent, and how many generations it was behind the present one."""

    endpoint: Text
    user: Text
    sent_at: Moment
    generation: Count
    lag: Count | None


class Sync(ReportValue):
    """The last reading of a list from its start: when, which generation, how many pages and items."""

    endpoint: Text
    user: Text
    began_at: Moment
    ended_at: Moment
    generation: Count | None
    pages: Count
    items: Count

    @property
    def took_s(self) -> float:
        """How many seconds passed from its first page to its last one."""
        return seconds_between(self.began_at, self.ended_at)


class NotFetched(ReportValue):
    """A title that was exposed and never handed out as it is now."""

    list: Text
    item_id: Text
    external_id: Text
    title: Text
    updated_at: Moment


class TitlesFetched(ReportValue):
    """Titles handed out beside titles exposed; `not_fetched` names the first of the others."""

    exposed: Count
    handed_out: Count
    not_fetched: tuple[NotFetched, ...] = ()
    tombstones: Count = 0
    tombstones_handed_out: Count = 0

    @property
    def missing(self) -> int:
        """How many exposed titles were never handed out."""
        return self.exposed - self.handed_out


class WaitingTitle(ReportValue):
    """A title that is accepted once the partner reads it, and since when it waits for that."""

    external_id: Text
    title: Text
    since: Moment


class ReportedError(ReportValue):
    """One call that was not answered well, and whose turn it is."""

    at: Moment
    user: Text
    endpoint: Text
    status: Count
    milliseconds: float = Field(ge=0, allow_inf_nan=False)
    message: Text
    request_id: Text
    turn: Text


class ReportedDegradation(ReportValue):
    """A degradation of the window; `ended_at` is None while it goes on."""

    subject: Subject
    kind: DegradationKind
    user: Text
    began_at: Moment
    ended_at: Moment | None
    detail: Text


class ConsumptionReport(ReportValue):
    """What one partner called and fetched in a window.

    `is_exact` is False where the lines of the window are not all kept any more: sums are those of whole hours then,
    latencies upper bounds. `own_calls` are those of our own checks: no other figure has them, but for `uptime_percent`
    and `down_minutes`, which are the API's. `titles` is None where nobody said which titles are exposed. So many titles
    are `waiting` until the partner reads them; `waiting_titles` names the oldest of them. `down_minutes`
    are those in which no call was answered, `degraded_minutes` those from the begin of a degradation to its end.
    """

    partner: str
    display_name: Text
    window: Span
    made_at: Moment
    is_exact: bool
    lines_since: Moment | None
    slot_s: Count
    generation: Count | None
    totals: CallCounts
    own_calls: Count = 0
    latency: Latency | None
    latency_bound_ms: float
    endpoints: tuple[EndpointUse, ...] = ()
    slots: tuple[SlotUse, ...] = ()
    polling_interval_s: Count
    longest_silence_s: float = Field(ge=0, allow_inf_nan=False)
    polls: tuple[PollUse, ...] = ()
    checkpoints: tuple[Checkpoint, ...] = ()
    syncs: tuple[Sync, ...] = ()
    titles: TitlesFetched | None = None
    waiting: Count = 0
    waiting_titles: tuple[WaitingTitle, ...] = ()
    errors: tuple[ReportedError, ...] = ()
    sla_percent: float
    uptime_percent: float = Field(ge=0, le=100, allow_inf_nan=False)
    down_minutes: float = Field(ge=0, allow_inf_nan=False)
    degraded_minutes: float = Field(ge=0, allow_inf_nan=False)
    degradations: tuple[ReportedDegradation, ...] = ()

    @property
    def meets_sla(self) -> bool:
        """Whether the API was up for the agreed share of the window."""
        return self.uptime_percent >= self.sla_percent

    @property
    def slowest_p95_ms(self) -> float:
        """The highest 95th percentile of a slot, 0 without calls."""
        return max((slot.latency.p95_ms for slot in self.slots if slot.latency), default=0.0)
