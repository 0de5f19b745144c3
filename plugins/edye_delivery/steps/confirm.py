"""The last step of a run: it is green or red."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any, NoReturn

from airflow.sdk import Context

from edye_delivery.errors import WindowNotDone
from edye_delivery.pipeline.confirm import done_sentence, failure_sentence, whole_text
from edye_delivery.reports.model import Colour, WindowReport
from edye_delivery.steps.base import Step

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ConfirmWindow(Step):
    """Green where every title of the window is accepted, else red with each open title, its cause and its owner."""

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


def end_red(sentence: str) -> NoReturn:
    """Fails the task with this sentence; logs each of its lines as an error, without a traceback."""
    for line in sentence.splitlines():
        log.error("%s", line)
    raise WindowNotDone(sentence)
