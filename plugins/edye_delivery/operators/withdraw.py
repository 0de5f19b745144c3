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
from edye_delivery.catalog.artifact_names import plan_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import WindowPlan
from edye_delivery.catalog.wording import names_text
from edye_delivery.errors import Terminal
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import StepOperator, keep, load, log_order
from edye_delivery.pipeline.withdraw import Withdrawer, endpoint_for, plan_withdrawal

log = logging.getLogger(__name__)

NAMED_MAX = 50


class PlanWithdrawalOperator(StepOperator):
    """Finds in the ledger which of the named titles are offered; changes nothing."""

    template_fields: ClassVar[Sequence[str]] = ("request",)

    def __init__(self, *, request: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def execute(self, context: Context) -> dict[str, Any]:
        """The plan's reference, and how many titles it has."""
        request = RunRequest.model_validate(self.request)
        log_order(self.annex, request)
        plan = plan_withdrawal(request, LedgerHook().withdrawals(self.annex))
        log.info("%s titles: %s", len(plan.withdrawn), _names_of(plan))
        return keep(self.artifacts, plan_name(request), plan) | {"titles": len(plan.withdrawn)}


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
        plan = load(ArtifactHook().get_conn(), self.plan, WindowPlan)
        limit = self.annex.withdrawal.titles_without_approval
        if plan.request.dry_run or len(plan.withdrawn) <= limit:
            log.info("no approval needed: %s titles, and up to %s need none", len(plan.withdrawn), limit)
            return None
        self.subject = f"Withdraw {len(plan.withdrawn)} titles from {self.annex.display_name}?"
        self.body = f"{notice_of(self.annex, plan.request)}\n\nReason: {plan.request.reason}\n\n{_names_of(plan)}"
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


class WithdrawOperator(StepOperator):
    """Withdraws the titles of the plan: in the ledger first, then at the partner where its annex has an endpoint."""

    template_fields: ClassVar[Sequence[str]] = ("plan",)

    def __init__(self, *, plan: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.plan = plan

    def execute(self, context: Context) -> dict[str, int]:
        """Counts: withdrawn, told, not told."""
        plan = load(self.artifacts, self.plan, WindowPlan)
        request = plan.request
        log_order(self.annex, request)
        if request.dry_run:
            log.info("dry run: nothing is withdrawn")
            return {}
        api = IngestHook(self.annex).api() if endpoint_for(self.annex, request) else None
        if api is None:
            log.warning("the annex has no endpoint for this: a person has to tell %s", self.annex.display_name)
        withdrawer = Withdrawer(self.annex, request, LedgerHook().withdrawals(self.annex), SYSTEM_CLOCK, api)
        counts = withdrawer.withdraw_all(plan.withdrawn)
        log.info("%s", counts)
        return counts


def _names_of(plan: WindowPlan) -> str:
    """The first titles, and how many more there are."""
    return names_text([f"{one.external_id} ({one.title})" for one in plan.withdrawn], NAMED_MAX)
