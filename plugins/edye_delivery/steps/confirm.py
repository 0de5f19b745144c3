"""The last step of a run: it is green or red."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, NoReturn

from airflow.sdk import Context

from edye_delivery.errors import WindowNotDone
from edye_delivery.operators.assets import emit_window
from edye_delivery.pipeline.confirm import done_sentence, failure_sentence, whole_text
from edye_delivery.reports.model import Colour, WindowReport
from edye_delivery.steps.base import Step

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConfirmWindow(Step):
    """Green where every title of the window is accepted, else red with each open title, its cause and its owner.

    A green run that is no dry run and no withdrawal emits the asset of the partner's window.
    """

    report: Any

    def execute(self, context: Context) -> None:
        """Raises WindowNotDone on a red window."""
        report = WindowReport.model_validate_json(self.artifacts.get(self.report["path"]))
        if report.colour is Colour.RED:
            for line in whole_text(report).splitlines():
                log.info("%s", line)
            end_red(failure_sentence(report))
        log.info("%s", done_sentence(report))
        for sentence in (*report.alerts, *report.to_do):
            log.warning("%s", sentence)
        if not (report.dry_run or report.is_withdrawal):
            emit_window(context, report.partner, _facts_of(report))


def _facts_of(report: WindowReport) -> dict[str, Any]:
    """What the asset's event says of the window; `window` is None where titles were named without one."""
    window = report.window.model_dump(mode="json") if report.window else None
    totals = report.totals.model_dump(mode="json")
    return {"window": window, "run_id": report.run_id, "channel": report.channel.value, "totals": totals}


def end_red(sentence: str) -> NoReturn:
    """Fails the task with this sentence; logs each of its lines as an error, without a traceback."""
    for line in sentence.splitlines():
        log.error("%s", line)
    raise WindowNotDone(sentence)
