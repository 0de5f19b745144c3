"""The steps before the batches: check the request, fetch the catalogue, plan the window."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import Context

from edye_delivery.catalog.places import batch_name, plan_name, snapshot_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.redelivery import redelivery_of
from edye_delivery.catalog.request import RunFacts, request_of
from edye_delivery.catalog.snapshot_file import SnapshotFile
from edye_delivery.catalog.vocabulary import Channel, Correction, RunKind
from edye_delivery.catalog.window import Window
from edye_delivery.catalog.withdrawal import withdrawal_of
from edye_delivery.errors import InvalidRequest
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import StepOperator, keep, log_order
from edye_delivery.operators.connections import needs_of, refuse_unusable
from edye_delivery.operators.fetching import fetch_snapshot
from edye_delivery.operators.planning import plan_window, remember_plan

log = logging.getLogger(__name__)


class CheckRequestOperator(StepOperator):
    """Turns params and run facts into a checked request, and looks the run's connections up.

    InvalidRequest tells what is wrong with the params, ConfigurationInvalid which connections are missing or of no use.
    """

    def __init__(self, *, channel: Channel = Channel.API, kind: RunKind = RunKind.DELIVERY, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.channel, self.kind = channel, kind

    def execute(self, context: Context) -> dict[str, Any]:
        """The request, as JSON."""
        run = context["dag_run"]
        facts = RunFacts(
            run_id=run.run_id,
            interval_start_at=run.data_interval_start,
            interval_end_at=run.data_interval_end,
            run_after=run.run_after,
            given_keys=tuple(run.conf or {}),
        )
        partner, params = self.annex.partner, context["params"]
        if self.kind is RunKind.WITHDRAWAL:
            request = withdrawal_of(partner, params, facts, self.channel)
        elif self.kind is RunKind.REDELIVERY:
            request = redelivery_of(partner, params, facts, self.channel)
            if request.correction is Correction.MEDIA and self.annex.reencode is None:
                raise InvalidRequest(f"nothing is re-encoded for {self.annex.display_name}: its annex has no reencode")
        else:
            request = request_of(partner, self.annex.schedule, params, facts, self.channel)
        refuse_unusable(needs_of(self.annex, request))
        window = Window(request.start_at, request.end_at).as_json()
        log.info("window %s .. %s, mode %s, dry run %s", *window.values(), request.mode, request.dry_run)
        log_order(self.annex, request)
        return request.model_dump(mode="json")


class FetchCatalogueOperator(StepOperator):
    """Writes the catalogue's snapshot of the window."""

    template_fields: ClassVar[Sequence[str]] = ("request",)

    def __init__(self, *, request: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def execute(self, context: Context) -> dict[str, Any]:
        """The snapshot's reference and counts."""
        request = RunRequest.model_validate(self.request)
        unattended: list[str] = []
        if request.takes_up_unattended:
            left = LedgerHook().get_conn().unattended(self.annex.partner, request.channel)
            unattended = [one.edye_id for one in left if not one.is_withdrawn_by_hand]
        snapshot = fetch_snapshot(self.annex, EdyeHook().api(self.annex), request, unattended)
        name = snapshot_name(request)
        self.artifacts.put_file(name, snapshot.path)
        return {"path": name, "digest": snapshot.digest()[:16]} | snapshot.counts


class PlanBatchesOperator(StepOperator):
    """Compares the snapshot with the ledger and cuts what is to be done into batches."""

    template_fields: ClassVar[Sequence[str]] = ("snapshot",)

    def __init__(self, *, snapshot: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """One reference a batch."""
        store, ledger = self.artifacts, LedgerHook().get_conn()
        snapshot = SnapshotFile.of(store.stream(self.snapshot["path"]))
        plan, batches = plan_window(self.annex, snapshot, ledger)
        references = [
            keep(store, batch_name(batch.request, batch.number, "plan"), batch) | {"titles": len(batch.titles)}
            for batch in batches
        ]
        keep(store, plan_name(plan.request), plan)
        if not plan.request.dry_run:
            plan = remember_plan(self.annex, plan, ledger)
            keep(store, plan_name(plan.request), plan)
        log.info(
            "%s batches, %s titles unchanged, %s held, %s withdrawn",
            len(batches),
            len(plan.unchanged),
            len(plan.held),
            len(plan.withdrawn),
        )
        return references
