"""Events of the trail for steps that change no delivery, such as a check."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.event import Outcome
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.trail import Trail


def record_checks(
    trail: Trail,
    action: str,
    annex: Annex,
    request: RunRequest,
    titles: Iterable[CheckedTitle],
    seconds: Mapping[str, float] | None = None,
) -> None:
    """Writes one event for each title: the findings, and the seconds where they are known. A dry run writes none."""
    if request.dry_run:
        return
    trail.write(
        [
            {
                "action": action,
                "outcome": Outcome.FAILURE if found else Outcome.SUCCESS,
                "partner": annex.partner,
                "client_id": annex.client_id,
                "external_id": checked.plan.external_id,
                "delivery_key": checked.plan.delivery_key,
                "run_id": request.run_id,
                "state": DeliveryState.PLANNED,
                "detail": "; ".join(finding.message for finding in found),
                "error_code": found[0].code if found else None,
                "cause": found[0].cause if found else None,
                "owner": found[0].owner if found else None,
                "seconds": (seconds or {}).get(checked.plan.delivery_key),
            }
            for checked in titles
            for found in [blocking(checked.findings)]
        ]
    )
