"""The steps of the trail's own DAGs: they ship events and calls, delete old calls, and send alerts again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from edye_delivery.errors import InvalidRequest
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.hooks.metrics import measure_queue, metrics_are_on
from edye_delivery.ledger.api_call_writer import KEPT_DAYS
from edye_delivery.ledger.queue_figures import queue_figures
from edye_delivery.pipeline.ship_events import Shipper
from edye_delivery.steps.base import alerter

log = logging.getLogger(__name__)
CALLS_A_RUN = 1_000_000
"""How many calls a run ships at most, so that it ends; the next run continues."""


class ShipEvents:
    """Ships the ledger's events to the place that the connection `ingesta_logs` names."""

    def execute(self, context: Context) -> dict[str, int]:
        """Counts: shipped, set aside, set aside in all."""
        again = context["params"].get("ship_refused", False)
        if not isinstance(again, bool):
            raise InvalidRequest(f"ship_refused is {again!r:.40}; it is true or false")
        trail = LedgerHook().trail()
        if again:
            log.info("%s events that were set aside are shipped again", trail.ship_again())
        counts = Shipper(trail, IngestaLogsHook().sink(), SYSTEM_CLOCK).ship()
        _, aside = trail.unshipped_counts()
        if aside:
            log.error(
                "%s events are set aside: the cluster refused them for good. The ledger has them with the reason "
                "(docs/runbook.md, ship_events); remove the reason, then run this DAG with ship_refused",
                aside,
            )
        return {"shipped": counts["shipped"], "set_aside": counts["set aside"], "set_aside_in_all": aside}


class ShipApiCalls:
    """Ships calls of the delivery API to the place that the connection `ingesta_logs` names."""

    def execute(self, context: Context) -> dict[str, int]:
        """Counts: shipped, and refused for good."""
        outbox, sink = LedgerHook().api_call_outbox(), IngestaLogsHook().sink()
        counts = Shipper(outbox, sink, SYSTEM_CLOCK, name="call", most=CALLS_A_RUN).ship()
        return {"shipped": counts["shipped"], "refused": counts["set aside"]}


class DeleteOldApiCalls:
    """Deletes calls of the delivery API that the log does not keep any more; the sums of their hours stay."""

    def execute(self, context: Context) -> dict[str, int]:
        """How many were deleted."""
        deleted = LedgerHook().api_calls().delete_old()
        log.info("%s calls older than %s days deleted", deleted, KEPT_DAYS)
        return {"deleted": deleted}


class TellAlerts:
    """Sends the alerts that no delivery sent: a service was down, or the run that raised them died.

    Where Airflow sends metrics, it also measures what waits at each partner.
    """

    def execute(self, context: Context) -> dict[str, Any]:
        """How many alerts are still open."""
        alerts = alerter()
        alerts.send()
        untold = alerts.alerts.untold_count()
        if metrics_are_on():
            with LedgerHook().engine().connect() as connection:
                measure_queue(queue_figures(connection), untold, datetime.now(UTC))
        return {"untold": untold}
