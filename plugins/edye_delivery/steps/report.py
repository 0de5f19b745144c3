"""The step that writes the window's report in four formats."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSkipException

from edye_delivery.annex.channels import feeds_of
from edye_delivery.catalog.artifact_names import report_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.desk_link import desk_run_address
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.pipeline.run_files import feed_of, pictures_of, read_run
from edye_delivery.reports.csv_report import as_csv
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.json_report import as_json
from edye_delivery.reports.xlsx_report import as_xlsx
from edye_delivery.steps.base import Step, alerter, log_order

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Report(Step):
    """Writes report.json, .csv, .xlsx and .html of the run, however its batches ended."""

    request: Any
    dag_id: str

    def execute(self, context: Context) -> dict[str, Any]:
        """Colour, totals and the path of the report, for the last task."""
        if self.request is None:
            raise AirflowSkipException("the run did not begin: check_request refused it, and its log says why")
        request, store = RunRequest.model_validate(self.request), self.artifacts
        alerter().send()
        log_order(self.annex, request)
        plan, checked, unchecked, incidents = read_run(store, request)
        keys = [title.plan.delivery_key for title in checked] + [title.delivery_key for title in unchecked]
        keys += [title.delivery_key for title in (*plan.unchanged, *plan.held)] if plan else []
        withdrawn = [one.external_id for one in plan.withdrawn] if plan and request.withdrawal else []
        report = window_report(
            RunOutcome(
                annex=self.annex,
                request=request,
                plan=plan,
                checked=checked,
                unchecked=unchecked,
                deliveries=LedgerHook().get_conn().deliveries(keys),
                incidents=incidents,
                revisions=LedgerHook().withdrawals(self.annex).revisions(withdrawn),
                alerts=LedgerHook().alert_sentences(self.annex),
                known_ids=LedgerHook().names_like(self.annex.partner, plan.not_found)
                if plan and plan.not_found
                else (),
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
        log.info("report in the browser: %s", desk_run_address(self.dag_id, request.run_id))
        return {
            "colour": report.colour.value,
            "totals": report.totals.model_dump(),
            "path": report_name(request, "json"),
        }
