"""Report: how every title of a run ended, from the run's files and the ledger (delivery-via-api.md, phase C)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from edye_delivery.annex.channels import notice_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.channel_words import state_text, words_of
from edye_delivery.catalog.finding import Finding, blocking
from edye_delivery.catalog.next_steps import READ_BY_PARTNER_NEXT, REENCODED_NEXT, next_step
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, RunRequest
from edye_delivery.catalog.snapshot import WindowPlan
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Change, Channel, DeliveryState
from edye_delivery.catalog.window import Window, rfc3339
from edye_delivery.ledger.leases import TitleBusy
from edye_delivery.ledger.records import Delivery, Revision
from edye_delivery.pipeline.withdrawal_report import incidents_of, not_found_sentence, to_do_of, withdrawn_report
from edye_delivery.qc.metadata import finding_on_item
from edye_delivery.qc.reencode import form_text, is_to_be_reencoded
from edye_delivery.reports.feed_model import FeedReport
from edye_delivery.reports.model import (
    Colour,
    ReportedCriterion,
    ReportedFinding,
    ReportedThumbnail,
    Span,
    TitleReport,
    WindowReport,
    causes_of,
    totals_of,
)

LEFT_OUT = {
    "not_in_catalogue": "not in the catalogue any more",
    "invisible": "not visible in the catalogue",
    "tag": "without a tag of this partner",
    "geo": "not for this partner's territory",
    "withdrawn_by_hand": "withdrawn by hand: only a redelivery offers it again",
    "not_failed_before": "not begun before, so mode failed leaves it out",
}


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """All that is known about a run when its report is written."""

    annex: Annex
    request: RunRequest
    plan: WindowPlan | None
    checked: Sequence[CheckedTitle]
    unchecked: Sequence[PlannedTitle]
    deliveries: dict[str, Delivery]
    incidents: Sequence[str]
    started_at: datetime
    finished_at: datetime
    feeds: Sequence[FeedReport] = ()
    revisions: Mapping[str, Revision] = field(default_factory=dict)
    alerts: Sequence[str] = ()
    known_ids: Sequence[str] = ()


def window_report(outcome: RunOutcome) -> WindowReport:
    """The report: every title once; red where a title or a feed needs work. The page sorts the titles, worst first."""
    titles = tuple(_title_reports(outcome))
    request, plan = outcome.request, outcome.plan
    incidents = [*outcome.incidents]
    if plan is not None and plan.not_found:
        incidents.append(not_found_sentence(request, plan.not_found, outcome.known_ids))
    if plan is not None:
        incidents += plan.broken_off
        incidents += (f"{unattended.external_id}: {unattended.reason}" for unattended in plan.unattended)
        incidents += incidents_of(outcome.annex, request, plan.withdrawn, outcome.revisions)
    return WindowReport(
        partner=request.partner,
        display_name=outcome.annex.display_name,
        kind=request.kind,
        window=None if request.whole_catalogue else Span(**Window(request.start_at, request.end_at).as_json()),
        run_id=request.run_id,
        mode=request.mode,
        dry_run=request.dry_run,
        channel=request.channel,
        notice=notice_of(outcome.annex, request),
        reason=request.reason,
        colour=_colour(outcome, titles, incidents),
        started_at=rfc3339(outcome.started_at),
        finished_at=rfc3339(outcome.finished_at),
        totals=totals_of(titles),
        causes=causes_of(titles),
        left_out={LEFT_OUT[reason]: count for reason, count in plan.left_out.items()} if plan is not None else {},
        incidents=tuple(incidents),
        alerts=tuple(outcome.alerts),
        to_do=tuple(to_do_of(outcome.annex, request, plan.withdrawn, outcome.revisions)) if plan is not None else (),
        feeds=tuple(outcome.feeds),
        titles=titles,
    )


def _colour(outcome: RunOutcome, titles: Iterable[TitleReport], incidents: Sequence[str]) -> Colour:
    """Rejected titles may be ignored where the annex says so; a feed that needs work never is."""
    ignored = ("rejected",) if outcome.annex.fail_on == "technical" else ()
    bad = incidents or any(title.needs_work and title.outcome not in ignored for title in titles)
    return Colour.RED if bad or any(feed.needs_work for feed in outcome.feeds) else Colour.GREEN


def _title_reports(outcome: RunOutcome) -> Iterable[TitleReport]:
    for checked in outcome.checked:
        yield _row(checked.plan.external_id, checked.plan.title.id, partial(_report_of_checked, outcome, checked))
    for plan in outcome.unchecked:
        yield _plan_row(outcome, plan, "its batch did not come to an end; the task's log says why")
    if outcome.plan is not None:
        for plan in outcome.plan.unchanged:
            yield _plan_row(outcome, plan, "accepted before, and not changed since")
        for plan in outcome.plan.held:
            yield _row(plan.external_id, plan.title.id, partial(_report_of_held, outcome, plan))
        for item in outcome.plan.malformed:
            yield _row("", item.edye_id, partial(_report_of_malformed, item))
        for withdrawal in outcome.plan.withdrawn:
            name = withdrawal.external_id
            report = partial(withdrawn_report, outcome.request, withdrawal, outcome.revisions.get(name))
            yield _row(name, withdrawal.edye_id, report)


def _plan_row(outcome: RunOutcome, plan: PlannedTitle, detail: str) -> TitleReport:
    return _row(plan.external_id, plan.title.id, partial(_report_of_plan, outcome, plan, detail))


def _row(external_id: str, edye_id: str, report: Callable[[], TitleReport]) -> TitleReport:
    """The title's row, valid for every format; where reporting the title breaks off, a row that says why."""
    row = attempt(external_id or edye_id, "reporting it", lambda: TitleReport.model_validate(report().model_dump()))
    if not isinstance(row, StepFailure):
        return row
    return TitleReport(
        external_id=external_id,
        edye_id=edye_id,
        title="",
        change=Change.OPEN,
        state=DeliveryState.PLANNED,
        cause=Cause.TRANSIENT,
        owner=CAUSE_OWNERS[Cause.TRANSIENT],
        detail=row.sentence,
        next_step="ask `python -m edye_delivery status` for its state, and show DevOps the log of the report",
    )


def _report_of_checked(outcome: RunOutcome, checked: CheckedTitle) -> TitleReport:
    findings = blocking(checked.findings)
    report = _report_of_plan(outcome, checked.plan, detail="")
    values = {
        "rules": tuple(dict.fromkeys(finding.code for finding in findings)),
        "findings": tuple(_report_finding(finding) for finding in checked.findings),
        "thumbnails": tuple(ReportedThumbnail.model_validate(thumbnail) for thumbnail in checked.thumbnails),
        "reencoded": _reencode_text(outcome, checked),
        "fixed": tuple(_report_finding(finding) for finding in checked.fixed),
    }
    if outcome.request.dry_run and findings:
        cause = next((finding.cause for finding in findings if finding.cause is not Cause.TRANSIENT), Cause.TRANSIENT)
        state = DeliveryState.FAILED if cause is Cause.TRANSIENT else DeliveryState.REJECTED
        detail = "; ".join(finding.message for finding in findings)
        values |= {
            "state": state,
            "cause": cause,
            "owner": findings[0].owner,
            "detail": detail,
            "next_step": findings[0].fix,
        }
        if values["reencoded"]:
            values["next_step"] = "nothing: a run that sends re-encodes it"
    elif findings and report.state is DeliveryState.REJECTED:
        values["next_step"] = findings[0].fix
    return report.model_copy(update=values)


def _reencode_text(outcome: RunOutcome, checked: CheckedTitle) -> str:
    """From what the title's media was re-encoded, or in a dry run would be; empty where the original is sent."""
    if checked.encode is not None:
        return f"re-encoded from {checked.encode.source}, the original is kept"
    if outcome.request.dry_run and is_to_be_reencoded(outcome.annex, checked):
        return f"would be re-encoded from {form_text(checked.video)} by a run that sends"
    return ""


def _report_of_plan(outcome: RunOutcome, plan: PlannedTitle, detail: str) -> TitleReport:
    delivery = outcome.deliveries.get(plan.delivery_key)
    state = delivery.state if delivery else DeliveryState.PLANNED
    change = plan.change
    ours = delivery is not None and delivery.run_id == outcome.request.run_id
    if state is DeliveryState.ACCEPTED and not ours:
        change = Change.UNCHANGED
    known_cause = cause = delivery.cause if delivery else None
    is_pulled = outcome.request.channel is Channel.PULL
    step = ""
    if delivery is not None and delivery.is_left_to(outcome.request.channel):
        cause = cause or Cause.TRANSIENT
        detail = f"the {delivery.channel} channel has it: {state}; this run leaves it alone"
        again = f"{words_of(outcome.request.channel).present} it again"
        step = f"run the window by the {delivery.channel} channel, which ends it; then force_resend {again}"
    elif delivery is not None and delivery.lease_run_id not in (None, outcome.request.run_id):
        cause = cause or Cause.TRANSIENT
        detail = f"{TitleBusy.by(delivery)}; this run left it alone"
        step = "nothing: that run ends it, or the next run does"
    elif delivery is not None and state is DeliveryState.FAILED and delivery.is_original_refused and not is_pulled:
        step = REENCODED_NEXT if outcome.annex.reencode is not None else ""
    elif delivery is not None and delivery.waits_for_partner:
        step = READ_BY_PARTNER_NEXT
    elif not outcome.request.dry_run and not state.is_terminal:
        cause = cause or Cause.TRANSIENT
        still = state_text(state, outcome.request.channel)
        detail = detail or f"it is still {still}: a step of its batch did not end"
    title = plan.title
    return TitleReport(
        external_id=plan.external_id,
        edye_id=title.id,
        title=title.name,
        series=next(iter(title.series.titles.values()), None) if title.series else None,
        kind=title.kind,
        lang=title.lang,
        change=change,
        state=state,
        cause=cause,
        owner=delivery.owner if delivery and delivery.owner else CAUSE_OWNERS[cause] if cause else None,
        detail=(delivery.detail if delivery else "") or detail,
        next_step=step or (next_step(state, known_cause, is_pulled=is_pulled) if cause else ""),
        attempts=delivery.attempts if delivery else 0,
        channel=delivery.channel if delivery else None,
        tracking_id=delivery.tracking_id if delivery else None,
        sent=ours and delivery is not None and delivery.attempts > 0 and _was_sent_in(outcome, delivery),
        bytes_sent=delivery.bytes_sent if delivery else 0,
        seconds=delivery.seconds if delivery else None,
        file_name=plan.file_name,
        delivery_key=plan.delivery_key,
        criteria=tuple(ReportedCriterion.model_validate(met) for met in (delivery.criteria if delivery else ())),
        waits_for_partner=delivery is not None and delivery.waits_for_partner and cause is None,
        sent_at=rfc3339(delivery.sent_at) if delivery and delivery.sent_at else None,
        accepted_at=rfc3339(delivery.finished_at)
        if delivery and delivery.finished_at and state is DeliveryState.ACCEPTED
        else None,
    )


def _report_of_held(outcome: RunOutcome, plan: PlannedTitle) -> TitleReport:
    """A title that is not sent again, because nothing has changed since the partner refused it."""
    delivery = outcome.deliveries[plan.delivery_key]
    cause = delivery.refused_cause or Cause.UNKNOWN
    reason = delivery.detail or f"the partner refused it ({cause})"
    words = words_of(outcome.request.channel)
    values = {
        "cause": cause,
        "owner": CAUSE_OWNERS[cause],
        "detail": f"not {words.participle} again, because it has not changed since: {reason}",
        "next_step": next_step(DeliveryState.FAILED, cause, is_pulled=outcome.request.channel is Channel.PULL),
    }
    return _report_of_plan(outcome, plan, detail="").model_copy(update=values)


def _was_sent_in(outcome: RunOutcome, delivery: Delivery) -> bool:
    """Whether the partner got the title by this run's last call: it gave a receipt, or refused the title.

    A second try of the same run counts as this run's. A call that broke off, or got no answer, sent nothing.
    """
    at = delivery.sent_at
    is_received = at is not None and delivery.received_at is not None and delivery.received_at >= at
    is_refused = delivery.state is DeliveryState.FAILED and delivery.refused_cause is not None
    return at is not None and at >= outcome.started_at and (is_received or is_refused)


def _report_of_malformed(item: MalformedItem) -> TitleReport:
    finding = finding_on_item(item)
    return TitleReport(
        external_id="",
        edye_id=item.edye_id,
        title="",
        change=Change.NEW,
        state=DeliveryState.REJECTED,
        cause=finding.cause,
        owner=finding.owner,
        rules=(finding.code,),
        findings=(_report_finding(finding),),
        detail=finding.message,
        next_step=finding.fix,
    )


def _report_finding(finding: Finding) -> ReportedFinding:
    return ReportedFinding.model_validate(finding)
