"""The steps of a withdrawal: find the titles, ask a person where there are many, withdraw them."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, ClassVar

from airflow.providers.standard.exceptions import HITLRejectException, HITLTimeoutError
from airflow.providers.standard.operators.hitl import ApprovalOperator
from airflow.sdk import Context

from edye_delivery.annex.channels import notice_of
from edye_delivery.annex.model import Annex
from edye_delivery.errors import Terminal
from edye_delivery.operators.base import AnnexOperator, RequestOperator, Step

log = logging.getLogger(__name__)


class PlanWithdrawalOperator(RequestOperator):
    """Finds in the ledger which of the named titles are offered; changes nothing."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.withdraw import PlanWithdrawal

        return PlanWithdrawal(self.annex, self.request)


class NotApproved(Terminal):
    """A person refused the withdrawal, or nobody approved it in time."""


class ApproveWithdrawalOperator(ApprovalOperator):
    """Asks a person where the run would withdraw more titles than the annex allows; a refusal withdraws nothing."""

    template_fields: ClassVar[Sequence[str]] = ("subject", "body", "plan")

    def __init__(self, *, annex: Annex, plan: Any, **kwargs: Any) -> None:
        terms = annex.withdrawal
        super().__init__(
            subject=f"Withdraw titles from {annex.display_name}?",
            body="",
            response_timeout=timedelta(hours=terms.approval_hours),
            fail_on_reject=True,
            **kwargs,
        )
        self.annex, self.plan = annex, plan

    def execute(self, context: Context) -> Any:
        """Waits for the answer; does not wait for few titles, or in a dry run."""
        from edye_delivery.catalog.snapshot import WindowPlan
        from edye_delivery.hooks.artifacts import ArtifactHook
        from edye_delivery.steps.base import load
        from edye_delivery.steps.withdraw import first_names

        plan = load(ArtifactHook().get_conn(), self.plan, WindowPlan)
        limit = self.annex.withdrawal.titles_without_approval
        if plan.request.dry_run or len(plan.withdrawn) <= limit:
            log.info("no approval needed: %s titles, and up to %s need none", len(plan.withdrawn), limit)
            return None
        self.subject = f"Withdraw {len(plan.withdrawn)} titles from {self.annex.display_name}?"
        self.body = f"{notice_of(self.annex, plan.request)}\n\nReason: {plan.request.reason}\n\n{first_names(plan)}"
        return super().execute(context)

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """The answer; NotApproved, which is not retried, where it is no or does not come in time."""
        try:
            return super().execute_complete(context, event)
        except HITLRejectException as error:
            who = (event.get("responded_by_user") or {}).get("name", "somebody")
            raise NotApproved(f"{who} refused the withdrawal: nothing was withdrawn") from error
        except HITLTimeoutError as error:
            hours = self.annex.withdrawal.approval_hours
            raise NotApproved(f"nobody answered within {hours:g} hours: nothing was withdrawn") from error


class WithdrawOperator(AnnexOperator):
    """Withdraws the titles of the plan: in the ledger first, then at the partner where its annex has an endpoint."""

    template_fields: ClassVar[Sequence[str]] = ("plan",)

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.withdraw import Withdraw

        return Withdraw(self.annex, self.plan)
