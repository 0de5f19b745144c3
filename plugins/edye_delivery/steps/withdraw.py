"""The steps of a withdrawal: find the titles, ask a person where there are many, withdraw them."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import plan_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import WindowPlan
from edye_delivery.catalog.wording import names_text
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.withdraw import Withdrawer, endpoint_for, plan_withdrawal
from edye_delivery.steps.base import Step, keep, load, log_order

log = logging.getLogger(__name__)

NAMED_MAX = 50


@dataclass(frozen=True)
class PlanWithdrawal(Step):
    """Finds in the ledger which of the named titles are offered; changes nothing."""

    request: Any

    def execute(self, context: Context) -> dict[str, Any]:
        """The plan's reference, and how many titles it has."""
        request = RunRequest.model_validate(self.request)
        log_order(self.annex, request)
        plan = plan_withdrawal(request, LedgerHook().withdrawals(self.annex))
        log.info("%s titles: %s", len(plan.withdrawn), first_names(plan))
        return keep(self.artifacts, plan_name(request), plan) | {"titles": len(plan.withdrawn)}


@dataclass(frozen=True)
class Withdraw(Step):
    """Withdraws the titles of the plan: in the ledger first, then at the partner where its annex has an endpoint."""

    plan: Any

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


def first_names(plan: WindowPlan) -> str:
    """The first titles, and how many more there are."""
    return names_text([f"{one.external_id} ({one.title})" for one in plan.withdrawn], NAMED_MAX)
