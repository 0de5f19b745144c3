"""The first step of a run: checks its params and its connections."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.operators.base import Step
from edye_delivery.operators.result import ResultOperator


class CheckRequestOperator(ResultOperator):
    """Turns params and run facts into a checked request, and checks the run's connections."""

    def __init__(self, *, channel: Channel = Channel.API, kind: RunKind = RunKind.DELIVERY, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel, self.kind = channel, kind

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.check_request import CheckRequest

        return CheckRequest(self.annex, self.channel, self.kind)
