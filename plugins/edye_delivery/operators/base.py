"""What all operators share: they hold the arguments of a task; the work is a step, which is loaded when the task runs.

The dag-processor parses each DAG file again and again, and every task parses its own. So an operator imports what it is
made of, and its step brings what it works with: clients, pictures, the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from airflow.sdk import BaseOperator, Context

from edye_delivery.annex.model import Annex


class Step(Protocol):
    """The work of one task."""

    def execute(self, context: Context) -> Any:
        """Does it; the value for XCom."""


class StepOperator(BaseOperator):
    """One task whose work is a step."""

    template_fields: ClassVar[Sequence[str]] = ()

    def step(self) -> Step:
        """The work with this task's arguments."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """What the step gives."""
        return self.step().execute(context)


class AnnexOperator(StepOperator):
    """One step for one partner."""

    def __init__(self, *, annex: Annex, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.annex = annex


class RequestOperator(AnnexOperator):
    """A step of the run with this request."""

    template_fields: ClassVar[Sequence[str]] = ("request",)

    def __init__(self, *, request: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request


class BatchOperator(AnnexOperator):
    """A step on one batch, given by reference; it works through all titles and may be run again."""

    template_fields: ClassVar[Sequence[str]] = ("batch",)

    def __init__(self, *, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch
