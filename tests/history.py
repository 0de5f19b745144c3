"""What happened to a title, as `status` tells it."""

from __future__ import annotations

from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Event


def history(ledger: Ledger, partner: str, external_id: str) -> list[Event]:
    """Every event of the title at the partner, in order."""
    with ledger._engine.connect() as connection:
        return list(StatusReader(connection).history(partner, external_id))


def actions(ledger: Ledger, partner: str, external_id: str) -> list[str]:
    """What was done in each of them."""
    return [event.action for event in history(ledger, partner, external_id)]
