"""The first step of a run: checks its params and its connections."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.redelivery import redelivery_of
from edye_delivery.catalog.request import RunFacts, request_of
from edye_delivery.catalog.vocabulary import Channel, Correction, RunKind
from edye_delivery.catalog.window import Window
from edye_delivery.catalog.withdrawal import withdrawal_of
from edye_delivery.errors import InvalidRequest
from edye_delivery.steps.base import Step, log_order
from edye_delivery.steps.connections import needs_of, refuse_unusable

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckRequest(Step):
    """Turns params and run facts into a checked request, and checks the run's connections.

    InvalidRequest says what is wrong with the params, ConfigurationInvalid which connections are missing or unusable.
    """

    channel: Channel
    kind: RunKind

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
