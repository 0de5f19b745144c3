"""The steps of the comparison with JW Player: request, catalogue, sweep, comparison, end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from edye_delivery.annex.model import Annex
from edye_delivery.operators.base import Step, StepOperator


class JwCheckOperator(StepOperator):
    """A step of the comparison; `request` is that of the run, `annexes` are all partners."""

    template_fields: ClassVar[Sequence[str]] = ("request", "snapshot", "sweep")

    def __init__(
        self,
        *,
        annexes: Mapping[str, Annex],
        request: Any = None,
        snapshot: Any = None,
        sweep: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.annexes, self.request, self.snapshot, self.sweep = annexes, request, snapshot, sweep


class CheckJwRequestOperator(JwCheckOperator):
    """Turns params and run facts into a checked request, and checks the connections of the comparison."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.jw_player import CheckJwRequest

        return CheckJwRequest(self.annexes, self.request, self.snapshot, self.sweep)


class FetchWholeCatalogueOperator(JwCheckOperator):
    """Writes a snapshot of the whole catalogue, whoever may have its titles; it is read before JW Player is."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.jw_player import FetchWholeCatalogue

        return FetchWholeCatalogue(self.annexes, self.request, self.snapshot, self.sweep)


class SweepMediaOperator(JwCheckOperator):
    """Reads all media of JW Player, or those of the named titles; a sweep that is not complete is told, not retried."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.jw_player import SweepMedia

        return SweepMedia(self.annexes, self.request, self.snapshot, self.sweep)


class CompareWithEdyeOperator(JwCheckOperator):
    """Compares, writes the report in four formats, and leaves for quality control which media cannot be delivered."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.jw_player import CompareWithEdye

        return CompareWithEdye(self.annexes, self.request, self.snapshot, self.sweep)


class ConfirmJwCheckOperator(StepOperator):
    """Green where nothing has to be corrected, else red with each difference, its owner and what to do."""

    template_fields: ClassVar[Sequence[str]] = ("report",)

    def __init__(self, *, report: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.report = report

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.jw_player import ConfirmJwCheck

        return ConfirmJwCheck(self.report)
