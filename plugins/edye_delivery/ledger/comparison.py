"""Compares a planned title with the ledger, and says whether a run works on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Cause, Change, DeliveryState, Mode
from edye_delivery.ledger.records import Delivery, Memory

UNDER_WAY = frozenset(
    {DeliveryState.SENDING, DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED}
)
TO_BE_SENT = frozenset({DeliveryState.PLANNED, DeliveryState.FAILED, DeliveryState.REJECTED})
NOT_ACCEPTED = UNDER_WAY | TO_BE_SENT
SENT_AGAIN_AS_IT_IS = frozenset({Cause.TRANSIENT, Cause.AUTH, Cause.STUCK, Cause.NOT_PICKED_UP})
AT_PARTNER = UNDER_WAY | {DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN}


def compare(plan: PlannedTitle, memory: Memory) -> PlannedTitle:
    """The plan as new, changed, open (begun and not ended) or unchanged (accepted exactly as it would be sent now).

    A plan gets the key of the delivery that has its content; another run may have sent it under a key of its own. That
    can be a resend that failed or was never sent, as long as it is the title's current delivery, even where the same
    content was accepted before: the resend is open until it ends well or a person decides.
    """
    candidates = _with_same_content(plan, memory)
    change = Change.CHANGED if memory.revision is not None else Change.NEW
    for found in _most_open_first(candidates, memory):
        if found.state in UNDER_WAY:
            change = Change.OPEN
        elif found.state is DeliveryState.ACCEPTED:
            change = Change.UNCHANGED
        return plan.model_copy(update={"change": change, "delivery_key": found.delivery_key})
    return plan.model_copy(update={"change": change})


def is_superseded(delivery: Delivery, deliveries: Iterable[Delivery]) -> bool:
    """Whether other content of the same title was sent to the partner after this delivery and has not failed."""
    return any(
        other.content_key != delivery.content_key
        and other.state in AT_PARTNER
        and other.sent_at is not None
        and delivery.sent_at is not None
        and other.sent_at > delivery.sent_at
        for other in deliveries
    )


def is_taken_up(plan: PlannedTitle, memory: Memory, mode: Mode) -> bool:
    """Whether a run in this mode works on the title.

    `changed`: every title that is not accepted as it is. `failed`: only titles with a delivery that was begun and not
    accepted. `all`: every title; an accepted one is only checked, and not sent again.
    """
    if mode is Mode.ALL:
        return True
    if plan.change is Change.UNCHANGED:
        return False
    return mode is Mode.CHANGED or _is_begun(memory)


def refusal_of(plan: PlannedTitle, memory: Memory) -> Delivery | None:
    """The title's delivery, where the partner refused exactly this content and would refuse it again.

    None where it is being sent again, or was accepted.
    """
    delivery = memory.deliveries.get(plan.delivery_key)
    if delivery is None or delivery.state in UNDER_WAY | {DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN}:
        return None
    is_final = delivery.refused_cause is not None and delivery.refused_cause not in SENT_AGAIN_AS_IT_IS
    return delivery if is_final else None


def other_edye_id(plan: PlannedTitle, memory: Memory) -> str | None:
    """The EDYE id of another title that has the plan's external_id at the partner; None where there is none."""
    revision = memory.revision
    if revision is not None and revision.withdrawn_at is None and revision.edye_id != plan.title.id:
        return revision.edye_id
    for delivery in memory.deliveries.values():
        if delivery.state in UNDER_WAY and delivery.edye_id != plan.title.id:
            return delivery.edye_id
    return None


def _most_open_first(candidates: Sequence[Delivery], memory: Memory) -> Iterator[Delivery]:
    """Deliveries under way, then the title's current delivery where it is not accepted, then accepted deliveries."""
    yield from (one for one in candidates if one.state in UNDER_WAY)
    yield from (one for one in candidates if one.delivery_key == memory.current_key and one.state in TO_BE_SENT)
    yield from (one for one in candidates if one.state is DeliveryState.ACCEPTED)


def _with_same_content(plan: PlannedTitle, memory: Memory) -> list[Delivery]:
    """Deliveries of exactly this content that are not superseded; for a resend, only the resend itself."""
    is_resend = plan.delivery_key != plan.content_key
    return [
        delivery
        for delivery in memory.deliveries.values()
        if (delivery.delivery_key == plan.delivery_key if is_resend else delivery.content_key == plan.content_key)
        and not is_superseded(delivery, memory.deliveries.values())
    ]


def _is_begun(memory: Memory) -> bool:
    return any(delivery.state in NOT_ACCEPTED for delivery in memory.deliveries.values())
