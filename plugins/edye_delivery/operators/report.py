"""The last two steps: the window's report in four formats, and the run's colour."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, ClassVar, NoReturn

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.channels import feeds_of
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.artwork.thumbnails import small_picture
from edye_delivery.catalog.feed_records import FEED_STEPS
from edye_delivery.catalog.one_title import attempt
from edye_delivery.catalog.places import art_name, batch_name, feed_record_name, plan_name, report_name
from edye_delivery.catalog.plan import JudgedTitle, PlannedTitle, Record, RunRequest
from edye_delivery.catalog.snapshot import Batch, JudgedBatch, WindowPlan
from edye_delivery.errors import WindowNotDone
from edye_delivery.hooks.artifacts import ArtifactStore
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import StepOperator, log_order, the_alarm
from edye_delivery.operators.confirming import done_sentence, failure_sentence, whole_text
from edye_delivery.operators.reporting import RunOutcome, window_report
from edye_delivery.reports.csv_report import as_csv
from edye_delivery.reports.feed_model import FeedReport, feed_report
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.json_report import as_json
from edye_delivery.reports.model import Colour, WindowReport
from edye_delivery.reports.page import pictures_wanted

log = logging.getLogger(__name__)


class ReportOperator(StepOperator):
    """Writes report.json, .csv, .xlsx and .html of the run, whatever became of its batches."""

    template_fields: ClassVar[Sequence[str]] = ("request",)

    def __init__(self, *, request: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def execute(self, context: Context) -> dict[str, Any]:
        """Colour, totals and the report's places; the places travel on to the last task."""
        if self.request is None:
            raise AirflowSkipException("the run was not begun: check_request refused it, its log says why")
        from edye_delivery.reports.xlsx_report import as_xlsx  # openpyxl loads slowly, and every task parses this file

        request, store = RunRequest.model_validate(self.request), self.artifacts
        the_alarm().sound()
        log_order(self.annex, request)
        plan, judged, unjudged, incidents = gathered(store, request)
        keys = [title.plan.delivery_key for title in judged] + [title.delivery_key for title in unjudged]
        keys += [title.delivery_key for title in (*plan.unchanged, *plan.held)] if plan else []
        withdrawn = [one.external_id for one in plan.withdrawn] if plan and request.withdrawal else []
        report = window_report(
            RunOutcome(
                annex=self.annex,
                request=request,
                plan=plan,
                judged=judged,
                unjudged=unjudged,
                deliveries=LedgerHook().get_conn().deliveries(keys),
                incidents=incidents,
                revisions=LedgerHook().withdrawals(self.annex).revisions(withdrawn),
                alarms=LedgerHook().alarms(self.annex),
                known_ids=LedgerHook().external_ids(self.annex.partner) if plan and plan.not_found else (),
                feeds=[feed_of(store, request, spec) for spec in feeds_of(self.annex, request.channel)],
                started_at=context["dag_run"].start_date or datetime.now(UTC),
                finished_at=datetime.now(UTC),
            )
        )
        formats = {
            "json": as_json(report),
            "csv": as_csv(report),
            "xlsx": as_xlsx(report),
            "html": as_html(report, pictures_of(store, report)),
        }
        for ending, content in formats.items():
            log.info("report: %s", store.url(store.put(report_name(request, ending), content)))
        return {
            "colour": report.colour.value,
            "totals": report.totals.model_dump(),
            "path": report_name(request, "json"),
        }


class ConfirmWindowOperator(StepOperator):
    """Green where every title of the window is accepted, else red with each open title, its cause and its owner."""

    template_fields: ClassVar[Sequence[str]] = ("report",)

    def __init__(self, *, report: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report = report

    def execute(self, context: Context) -> None:
        """Raises WindowNotDone on a red window."""
        report = WindowReport.model_validate_json(self.artifacts.get(self.report["path"]))
        if report.colour is Colour.RED:
            for line in whole_text(report).splitlines():
                log.info("%s", line)
            end_red(failure_sentence(report))
        log.info("%s", done_sentence(report))
        for sentence in (*report.alarms, *report.to_do):
            log.warning("%s", sentence)


def end_red(sentence: str) -> NoReturn:
    """Fails the task with this sentence, each of its lines an error in the log, and no traceback."""
    for line in sentence.splitlines():
        log.error("%s", line)
    raise WindowNotDone(sentence)


def gathered(
    store: ArtifactStore, request: RunRequest
) -> tuple[WindowPlan | None, list[JudgedTitle], list[PlannedTitle], list[str]]:
    """The run's plan, its titles as far as each batch came, and a sentence for whatever is missing."""
    try:
        plan = WindowPlan.model_validate_json(store.get(plan_name(request)))
    except FileNotFoundError:
        return (
            None,
            [],
            [],
            ["the window was not planned: fetch_catalogue, plan_batches or plan_withdrawal failed, see its log"],
        )
    judged: list[JudgedTitle] = []
    unjudged: list[PlannedTitle] = []
    incidents: list[str] = []
    for number in range(1, plan.batches + 1):
        for step in ("illustrated", "reencoded", "judged"):
            try:
                content = store.get(batch_name(request, number, step))
            except FileNotFoundError:
                continue
            judged += JudgedBatch.model_validate_json(content).titles
            break
        else:
            incidents.append(f"batch {number} of {plan.batches} was not judged: see the log of its judge task")
            unjudged += Batch.model_validate_json(store.get(batch_name(request, number, "plan"))).titles
    return plan, judged, unjudged, incidents


def feed_of(store: ArtifactStore, request: RunRequest, spec: FeedSpec) -> FeedReport:
    """What became of one feed of the run, as far as its steps came."""
    draft, linted, published = (
        _record_of(store, feed_record_name(request, spec.name, step), model) for step, model in FEED_STEPS.items()
    )
    return feed_report(spec.name, spec.writer, request.dry_run, draft, linted, published)


def _record_of(store: ArtifactStore, name: str, model: type[Record]) -> Any:
    try:
        return model.model_validate_json(store.get(name))
    except FileNotFoundError:
        return None


def pictures_of(store: ArtifactStore, report: WindowReport) -> dict[str, bytes]:
    """The thumbnails that the page shows, each made small; one that is gone or cannot be read is left out."""
    small = {
        name: attempt(name, "making it small for the report", partial(_small_picture, store, name))
        for name in pictures_wanted(report)
    }
    return {name: picture for name, picture in small.items() if isinstance(picture, bytes)}


def _small_picture(store: ArtifactStore, name: str) -> bytes:
    return small_picture(store.get(art_name(name)))
