"""Rows of the database as records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner
from edye_delivery.ledger.records import Delivery, Revision

PLAIN = (
    "delivery_key", "content_key", "partner", "external_id", "edye_id", "detail", "attempts", "unanswered",
    "rounds_ended", "tracking_id", "bytes_sent", "seconds_sending", "run_id", "first_sent_at", "sent_at",
    "received_at", "finished_at",
)  # fmt: skip


def delivery_of(row: Mapping[Any, Any]) -> Delivery:
    """A row of `deliveries`."""
    return Delivery(
        state=DeliveryState(row["state"]),
        cause=Cause(row["cause"]) if row["cause"] else None,
        owner=Owner(row["owner"]) if row["owner"] else None,
        rules=tuple(row["rules"] or ()),
        criteria=tuple(row["criteria"] or ()),
        **{name: row[name] for name in PLAIN},
    )


def revision_of(row: Mapping[Any, Any]) -> Revision:
    """A row of `revisions`, without the title itself."""
    kept = ("external_id", "edye_id", "delivery_key", "revision", "accepted_at", "withdrawn_at")
    return Revision(**{name: row[name] for name in kept})
