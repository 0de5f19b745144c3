"""Conditions on which an ingest of a delivery may go on or fail; each is the same object each time it is asked for."""

from __future__ import annotations

from functools import cache

from sqlalchemy import ColumnElement, and_, bindparam, or_, true

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.tables import DELIVERIES


@cache
def is_running(has_tracking_id: bool, was_completed: bool = False) -> ColumnElement[bool]:
    """The condition that the partner has the delivery under the id of `of_ingest` and has not ended it."""
    if not has_tracking_id:
        return true()
    running = or_(DELIVERIES.c.state == DeliveryState.RECEIVED, DELIVERIES.c.state == DeliveryState.PROCESSING)
    is_in_state = DELIVERIES.c.state == DeliveryState.COMPLETED if was_completed else running
    return and_(is_in_state, DELIVERIES.c.tracking_id == bindparam("of_tracking_id"))


@cache
def may_fail(
    free: ColumnElement[bool], has_tracking_id: bool, was_completed: bool, has_holder: bool
) -> ColumnElement[bool]:
    """The condition that `Ledger.fail` needs; a sender's try fails only before the partner has the delivery."""
    not_with_partner = or_(DELIVERIES.c.state == DeliveryState.PLANNED, DELIVERIES.c.state == DeliveryState.SENDING)
    return and_(free, is_running(has_tracking_id, was_completed), not_with_partner if has_holder else true())


def of_ingest(tracking_id: str | None) -> dict[str, str]:
    """The parameter of the conditions that have a tracking id."""
    return {} if tracking_id is None else {"of_tracking_id": tracking_id}
