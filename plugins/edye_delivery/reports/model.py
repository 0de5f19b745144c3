"""The window report as frozen values: what happened to every title of one run; its JSON is the report's contract."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from pydantic import Field, model_validator

from edye_delivery.catalog.vocabulary import Cause, Change, Channel, DeliveryState, Mode, Owner, RunKind, Severity
from edye_delivery.reports.feed_model import FeedReport
from edye_delivery.reports.values import Count, Moment, ReportValue, Text


class Colour(StrEnum):
    """Whether every title of the window is accepted and no feed needs work (architecture, A run's colour)."""

    GREEN = "green"
    RED = "red"


class Span(ReportValue):
    """The window's half-open span, RFC 3339."""

    start: Moment
    end: Moment


class ReportedFinding(ReportValue):
    """One rule's finding on a title."""

    code: str
    name: str
    severity: Severity
    message: Text
    fix: Text
    owner: Owner


class ReportedCriterion(ReportValue):
    """One acceptance criterion of the annex, with its proof or with what is missing."""

    criterion: str
    met: bool
    evidence: Text


class ReportedThumbnail(ReportValue):
    """A thumbnail by its name in the annex and its content name in the artifact store."""

    name: str
    art_name: str
    width_px: Count
    height_px: Count


class TitleReport(ReportValue):
    """What happened to one title: its state, the reason, whose turn it is, and the proof.

    `reencoded` says what its media was re-encoded from; `fixed` are the findings on the original that this removed.
    `waits_for_partner`: it is exposed and meets all criteria but one: the partner has not read it yet.
    """

    external_id: Text
    edye_id: Text
    title: Text
    series: Text | None = None
    kind: Text | None = None
    lang: Text | None = None
    change: Change
    state: DeliveryState
    cause: Cause | None = None
    owner: Owner | None = None
    rules: tuple[str, ...] = ()
    findings: tuple[ReportedFinding, ...] = ()
    reencoded: Text = ""
    fixed: tuple[ReportedFinding, ...] = ()
    detail: Text = ""
    next_step: Text = ""
    attempts: Count = 0
    channel: Channel | None = None
    tracking_id: Text | None = None
    sent: bool = False
    bytes_sent: Count = 0
    seconds: float | None = Field(None, ge=0, allow_inf_nan=False)
    file_name: Text | None = None
    delivery_key: str | None = None
    criteria: tuple[ReportedCriterion, ...] = ()
    thumbnails: tuple[ReportedThumbnail, ...] = ()
    sent_at: Moment | None = None
    accepted_at: Moment | None = None
    waits_for_partner: bool = False

    @property
    def outcome(self) -> str:
        """The one total that this title is counted under, named as in `Totals`."""
        if self.state is DeliveryState.ACCEPTED and self.change is Change.UNCHANGED:
            return "unchanged"
        if self.waits_for_partner:
            return "waiting"
        if self.state is DeliveryState.PLANNED and self.cause is not None:
            return "failed"
        return self.state.value if self.state.value in OUTCOMES else "failed"

    @property
    def needs_work(self) -> bool:
        """True if somebody has to act before the title is accepted."""
        return self.outcome in ("rejected", "failed")


class Totals(ReportValue):
    """How many titles ended how; `titles` is the sum of all but `sent`.

    `failed` includes titles that were still on their way when the run ended, or that could not begin for a cause.
    `waiting` are exposed, and wait only until the partner reads them: nobody of ours has to act. `unchanged` were
    accepted before the run. `planned` are those that a dry run would send. `sent` counts the titles
    that the partner got from this run, however they ended.
    """

    titles: Count
    accepted: Count
    rejected: Count
    failed: Count
    unchanged: Count
    planned: Count
    withdrawn: Count
    sent: Count
    waiting: Count = 0


OUTCOMES = tuple(name for name in Totals.model_fields if name not in ("titles", "sent"))


class CauseCount(ReportValue):
    """How many titles wait for one owner for one reason."""

    cause: Cause | None
    owner: Owner | None
    titles: Count


class WindowReport(ReportValue):
    """What one run did for one partner's window; the totals are those of its titles, and feeds are counted apart.

    `window` is None if titles were named without one. `notice` and `reason` are filled for a deprecated channel, a
    redelivery and a withdrawal. `alerts` are about the partner's client, whatever this run did: an open circuit, errors
    in a row, alerts that could not be sent. `to_do` is work for somebody although no title of the run waits for it,
    such as a call to the partner.
    """

    partner: str
    display_name: Text
    kind: RunKind = RunKind.DELIVERY
    window: Span | None
    run_id: Text
    mode: Mode
    dry_run: bool
    channel: Channel = Channel.API
    notice: Text = ""
    reason: Text = ""
    colour: Colour
    started_at: Moment
    finished_at: Moment
    totals: Totals
    causes: tuple[CauseCount, ...] = ()
    left_out: dict[str, Count] = Field(default_factory=dict)
    incidents: tuple[Text, ...] = ()
    alerts: tuple[Text, ...] = ()
    to_do: tuple[Text, ...] = ()
    feeds: tuple[FeedReport, ...] = ()
    titles: tuple[TitleReport, ...] = ()

    @property
    def is_withdrawal(self) -> bool:
        """Whether titles were withdrawn by hand; none of them will be accepted."""
        return self.kind is RunKind.WITHDRAWAL

    @model_validator(mode="after")
    def _check_causes(self) -> WindowReport:
        if self.totals.planned and not self.dry_run:
            raise ValueError(
                f"{self.totals.planned} planned titles of a real run have no cause: the run would look complete"
            )
        return self

    @model_validator(mode="after")
    def _totals_are_of_the_titles(self) -> WindowReport:
        if self.totals != totals_of(self.titles):
            raise ValueError(
                f"totals say {self.totals}, the titles say {totals_of(self.titles)}; use totals_of(titles)"
            )
        return self


def totals_of(titles: Iterable[TitleReport]) -> Totals:
    """Every title counted under exactly one outcome, and the deliveries that this run sent."""
    listed = tuple(titles)
    outcomes = Counter(title.outcome for title in listed)
    return Totals(
        titles=len(listed),
        sent=sum(title.sent for title in listed),
        **{name: outcomes[name] for name in OUTCOMES},
    )


def causes_of(titles: Iterable[TitleReport]) -> tuple[CauseCount, ...]:
    """The titles that need work, counted by cause and owner: the largest count first, then by name."""
    counts = Counter((title.cause, title.owner) for title in titles if title.needs_work)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], str(item[0][1]), str(item[0][0])))
    return tuple(CauseCount(cause=cause, owner=owner, titles=count) for (cause, owner), count in ranked)
