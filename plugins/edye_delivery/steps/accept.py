"""The steps that accept the titles of a batch, or of a published generation, that meet the annex's criteria."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.generation_records import CheckedGeneration
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.hooks.metrics import count_titles
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.exposed_titles import conclude_exposures
from edye_delivery.pipeline.run_files import read_run
from edye_delivery.steps.base import BatchStep, Step, alerter, load

log = logging.getLogger(__name__)


class AcceptBatch(BatchStep):
    """Accepts the titles of a batch that meet the annex's criteria."""

    def execute(self, context: Context) -> dict[str, int]:
        """Counts the titles by state; runs after a failed wait too, for the titles that were completed."""
        if self.batch is None:
            log.warning("the batch was never checked, so none of its titles can be accepted")
            return {}
        batch = load(self.artifacts, self.batch, CheckedBatch)
        if batch.request.dry_run:
            return {}
        counts = Acceptor(self.annex, LedgerHook().get_conn(self.annex)).accept_batch(batch.titles)
        alerter().send()
        count_titles(self.annex.partner, counts)
        log.info("batch %s: %s", batch.number, counts)
        return counts


@dataclass(frozen=True)
class AcceptExposed(Step):
    """Accepts the exposed titles of all batches that the exposure check found as they should be; fails the others."""

    request: Any
    exposure: Any

    def execute(self, context: Context) -> dict[str, int]:
        """Counts the titles by state; without a check, no title is accepted."""
        if self.request is None or self.exposure is None:
            log.warning("the published generation was not checked, so none of its titles can be accepted")
            return {}
        store, ledger = self.artifacts, LedgerHook().get_conn(self.annex)
        checked = load(store, self.exposure, CheckedGeneration)
        _, titles, _, _ = read_run(store, RunRequest.model_validate(self.request))
        conclude_exposures(ledger, titles, checked)
        counts = Acceptor(self.annex, ledger).accept_batch(tuple(titles))
        alerter().send()
        count_titles(self.annex.partner, counts)
        log.info("%s", counts)
        return counts
