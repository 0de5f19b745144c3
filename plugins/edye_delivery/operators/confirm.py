"""The last step of a run: it is green or red."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.annex.model import Annex
from edye_delivery.operators.assets import window_alias
from edye_delivery.operators.base import Step
from edye_delivery.operators.desk_link import DeskRunLink
from edye_delivery.operators.result import ResultOperator


class ConfirmWindowOperator(ResultOperator):
    """Green where every title of the window is accepted, else red with each open title, its cause and its owner.

    A green run that is no dry run and no withdrawal emits the asset of the partner's window.
    """

    template_fields: ClassVar[Sequence[str]] = ("report",)
    operator_extra_links = (DeskRunLink(),)

    def __init__(self, *, annex: Annex, report: Any, **kwargs: Any) -> None:
        super().__init__(annex=annex, **{"outlets": [window_alias(annex.partner)]} | kwargs)
        self.report = report

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.confirm import ConfirmWindow

        return ConfirmWindow(self.annex, self.report)
