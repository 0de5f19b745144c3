"""What the steps share without which a run has no result: somebody is told when one of them fails for good."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from edye_delivery.operators.base import AnnexOperator


def tell_no_result(context: Context) -> None:
    """The failure callback of these steps; what it works with is loaded when one has failed.

    Airflow calls it in the task's own process after the last try. Where that process died, the dag-processor calls it.
    """
    from edye_delivery.steps import run_alerts

    run_alerts.tell_no_result(context)


class ResultOperator(AnnexOperator):
    """A step without which nothing says what became of the run's titles."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"on_failure_callback": tell_no_result} | kwargs)
