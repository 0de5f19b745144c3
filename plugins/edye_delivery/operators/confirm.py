"""The last step of a run: it is green or red."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar, NoReturn

from airflow.sdk import Context

from edye_delivery.errors import WindowNotDone
from edye_delivery.operators.base import StepOperator
from edye_delivery.operators.desk_link import DeskRunLink
from edye_delivery.pipeline.confirm import done_sentence, failure_sentence, whole_text
from edye_delivery.reports.model import Colour, WindowReport

log = logging.getLogger(__name__)


class ConfirmWindowOperator(StepOperator):
    """Green where every title of the window is accepted, else red with each open title, its cause and its owner."""

    template_fields: ClassVar[Sequence[str]] = ("report",)
    operator_extra_links = (DeskRunLink(),)

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
        for sentence in (*report.alerts, *report.to_do):
            log.warning("%s", sentence)


def end_red(sentence: str) -> NoReturn:
    """Fails the task with this sentence; logs each of its lines as an error, without a traceback."""
    for line in sentence.splitlines():
        log.error("%s", line)
    raise WindowNotDone(sentence)
