"""Steps that change no delivery, such as a check, become events of the trail too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.event import Outcome
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import JudgedTitle, RunRequest
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.trail import Trail


def note_verdicts(
    trail: Trail,
    action: str,
    annex: Annex,
    request: RunRequest,
    titles: Iterable[JudgedTitle],
    seconds: Mapping[str, float] | None = None,
) -> None:
    """One event a title: what was found, and how long it took where that is known; a dry run leaves no trail."""
    if request.dry_run:
        return
    trail.write(
        [
            {
                "action": action,
                "outcome": Outcome.FAILURE if found else Outcome.SUCCESS,
                "partner": annex.partner,
                "client_id": annex.client_id,
                "external_id": judged.plan.external_id,
                "delivery_key": judged.plan.delivery_key,
                "run_id": request.run_id,
                "state": DeliveryState.PLANNED,
                "detail": "; ".join(finding.message for finding in found),
                "error_code": found[0].code if found else None,
                "cause": found[0].cause if found else None,
                "owner": found[0].owner if found else None,
                "seconds": (seconds or {}).get(judged.plan.delivery_key),
            }
            for judged in titles
            for found in [blocking(judged.findings)]
        ]
    )
