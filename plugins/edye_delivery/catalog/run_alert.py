"""What a person has to know about a whole run: it ended without a result, or it is late."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from edye_delivery.catalog.printable import printable

MAX_CHARS = 1000


class RunAlertKind(StrEnum):
    """What is wrong with the run."""

    NO_RESULT = "no result"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class RunAlert:
    """One message about one run; `detail` says what happened and where to look, without secrets."""

    kind: RunAlertKind
    partner: str
    dag_id: str
    run_id: str
    detail: str

    @classmethod
    def no_result(cls, partner: str, dag_id: str, run_id: str, task_id: str, reason: str, log_url: str) -> RunAlert:
        """The task failed, so nothing says what became of the run's titles; `reason` is a sentence without its end."""
        why = f"{task_id} failed before the run could say what became of its titles: {printable(reason, MAX_CHARS)}"
        return cls(RunAlertKind.NO_RESULT, partner, dag_id, run_id, f"run {run_id}: {why}. Its log: {log_url}")

    @classmethod
    def late(cls, partner: str, dag_id: str, run_id: str, state: str, deadline_s: float, url: str) -> RunAlert:
        """The run is not green in time; `state` is Airflow's word for where it stands, `url` its page."""
        what = f"not green {deadline_s:g} s after it was queued, it is {printable(state)}"
        return cls(RunAlertKind.LATE, partner, dag_id, run_id, f"run {run_id}: {what}. Its page: {url}")
