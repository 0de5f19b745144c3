"""Ends the exposures of a run by what the check found: completed, so that they can be accepted, or failed."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from edye_delivery.catalog.generation_records import CheckedGeneration, ExposedTitleFinding
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, TransitionRefused

log = logging.getLogger(__name__)
NOT_FOUND = "the exposure check did not find it in generation {}"


def conclude_exposures(ledger: Ledger, titles: Sequence[CheckedTitle], checked: CheckedGeneration) -> None:
    """Writes for every exposed title whether readers find it as it should be. Safe to repeat."""
    deliveries = ledger.deliveries(title.plan.delivery_key for title in titles)
    confirmed = frozenset(checked.confirmed)
    findings = {one.external_id: one for one in reversed(checked.findings) if one.external_id}
    for delivery in deliveries.values():
        if delivery.channel is not Channel.PULL or not delivery.state.is_with_partner:
            continue
        try:
            _conclude(ledger, delivery, delivery.external_id in confirmed, findings.get(delivery.external_id), checked)
        except TransitionRefused as error:  # another run has ended it
            log.info("%s: %s", delivery.external_id, error)


def _conclude(
    ledger: Ledger,
    delivery: Delivery,
    is_confirmed: bool,
    finding: ExposedTitleFinding | None,
    checked: CheckedGeneration,
) -> None:
    key, tracking_id = delivery.delivery_key, delivery.tracking_id
    if is_confirmed:
        ledger.observe(key, DeliveryState.COMPLETED, tracking_id)
        return
    cause = finding.cause if finding is not None else Cause.TRANSIENT
    finding = finding or next((one for one in checked.findings if not one.external_id), None)
    detail = f"{finding.code} {finding.message}" if finding else checked.sentence or NOT_FOUND.format(checked.number)
    log.warning("%s failed (%s): %s", delivery.external_id, cause, detail)
    ledger.fail(key, cause, detail, ended_by_partner=True, tracking_id=tracking_id)
