"""Wait: which ingests of a batch are still with the partner, and how the ledger records their ends."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

from edye_delivery.annex.channels import polling_policy_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, IngestState
from edye_delivery.ledger.database import LEDGER_GONE
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, TransitionRefused
from edye_delivery.ledger.trail import Call

log = logging.getLogger(__name__)


def with_partner(ledger: Ledger, titles: Iterable[CheckedTitle], channel: Channel = Channel.API) -> list[Delivery]:
    """The batch's deliveries that went over this channel, have a tracking id and no end yet."""
    deliveries = ledger.deliveries(checked.plan.delivery_key for checked in titles)
    return [
        delivery
        for delivery in deliveries.values()
        if delivery.state.is_with_partner and delivery.tracking_id and delivery.channel is channel
    ]


def deadline_at(annex: Annex, channel: Channel, deliveries: Iterable[Delivery], now: datetime) -> datetime:
    """When the wait gives up: the annex's limit, counted from when the batch's last title was received.

    A delivery that was received in an earlier run, and whose limit is over, gets the limit once more.
    """
    give_up = timedelta(seconds=polling_policy_of(annex, channel).give_up_s)
    deadlines = [delivery.received_at + give_up for delivery in deliveries if delivery.received_at]
    latest = max(deadlines, default=now)
    return latest if latest > now else now + give_up


def record_outcomes(ledger: Ledger, deliveries: Iterable[Delivery], outcomes: Mapping[str, IngestOutcome]) -> None:
    """Writes the outcome of each delivery, by tracking id.

    A delivery that did not end fails with the cause and sentence of its outcome; without them, or without an outcome,
    it is stuck.
    """
    for delivery in deliveries:
        outcome = outcomes.get(str(delivery.tracking_id))
        act = partial(_record_or_leave, ledger, delivery, outcome)
        result = attempt(delivery.external_id, "writing down its outcome", act, LEDGER_GONE)
        if isinstance(result, StepFailure):
            note_trouble(ledger, delivery.external_id, delivery.delivery_key, result)


def note_trouble(ledger: Ledger, external_id: str, delivery_key: str, trouble: StepFailure) -> None:
    """Writes to the ledger why a delivery was left as it is; where that fails, only the log says it."""
    attempt(external_id, "noting that", partial(ledger.note_trouble, delivery_key, trouble.sentence), LEDGER_GONE)


def _record_or_leave(ledger: Ledger, delivery: Delivery, outcome: IngestOutcome | None) -> None:
    try:
        _record_outcome(ledger, delivery, outcome)
    except TransitionRefused as error:  # another run waits for the same ingest and has written its end already
        log.info("%s (%s): %s", delivery.external_id, delivery.tracking_id, error)
    else:
        text = " ".join(filter(None, (outcome.state, outcome.sentence))) if outcome else "no answer"
        log.info("%s (%s): %s", delivery.external_id, delivery.tracking_id, text)


def _record_outcome(ledger: Ledger, delivery: Delivery, outcome: IngestOutcome | None) -> None:
    """Writes the end of one ingest; TransitionRefused where that ingest has ended already."""
    key, tracking_id = delivery.delivery_key, delivery.tracking_id
    if outcome is None or not outcome.state.is_terminal:
        last_state = f"its last state was {outcome.state}" if outcome else "the partner never said its state"
        sentence = f"the partner did not end ingest {delivery.tracking_id} within the limit; {last_state}"
        cause = (outcome.cause if outcome else None) or Cause.STUCK
        ledger.fail(key, cause, (outcome.sentence if outcome else "") or sentence, tracking_id=tracking_id)
    elif outcome.state is IngestState.COMPLETED:
        ledger.observe(key, DeliveryState.COMPLETED, tracking_id)
    else:
        call = Call(None, outcome.http_status, outcome.error_code)
        cause, ended = outcome.cause or Cause.UNKNOWN, outcome.partner_ended
        ledger.fail(key, cause, outcome.sentence, ended_by_partner=ended, call=call, tracking_id=tracking_id)
