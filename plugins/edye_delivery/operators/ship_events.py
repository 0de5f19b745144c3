"""The steps of the trail's own DAG: they ship events, and send alerts that were not sent yet."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import BaseOperator, Context

from edye_delivery.errors import InvalidRequest
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import alerter
from edye_delivery.pipeline.ship_events import Shipper

log = logging.getLogger(__name__)


class ShipEventsOperator(BaseOperator):
    """Ships the ledger's events to the place that the connection `ingesta_logs` names."""

    template_fields: ClassVar[Sequence[str]] = ()

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


class TellAlertsOperator(BaseOperator):
    """Sends the alerts that no delivery sent: a service was down, or the run that raised them died."""

    template_fields: ClassVar[Sequence[str]] = ()

    def execute(self, context: Context) -> dict[str, Any]:
        """How many alerts are still open."""
        alerts = alerter()
        alerts.send()
        return {"untold": alerts.alerts.untold_count()}
