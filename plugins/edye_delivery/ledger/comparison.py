"""How a planned title relates to what the ledger remembers, and whether a run takes it up."""

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

    A plan gets the key of the delivery that carries its content, which another run may have sent under a key of its
    own. A resend that has ended badly, or was never sent, is such a delivery too while the title stands at it, whatever
    of the same content was accepted before: it is open until it ends well or a person decides.
    """
    carrying = _carrying(plan, memory)
    change = Change.CHANGED if memory.revision is not None else Change.NEW
    for found in _most_open_first(carrying, memory):
        if found.state in UNDER_WAY:
            change = Change.OPEN
        elif found.state is DeliveryState.ACCEPTED:
            change = Change.UNCHANGED
        return plan.model_copy(update={"change": change, "delivery_key": found.delivery_key})
    return plan.model_copy(update={"change": change})


def is_superseded(delivery: Delivery, deliveries: Iterable[Delivery]) -> bool:
    """Whether other content of the same title went to the partner after this delivery and has not failed there."""
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

    `changed`: whatever is not accepted as it is; `failed`: only titles with a delivery that was begun and not
    accepted; `all`: every title, though one that is accepted is checked only and not sent again.
    """
    if mode is Mode.ALL:
        return True
    if plan.change is Change.UNCHANGED:
        return False
    return mode is Mode.CHANGED or _is_begun(memory)


def refusal_of(plan: PlannedTitle, memory: Memory) -> Delivery | None:
    """The title's delivery, where the partner refused exactly this content for what sending it again does not change.

    None too once it is being sent again, or was accepted.
    """
    delivery = memory.deliveries.get(plan.delivery_key)
    if delivery is None or delivery.state in UNDER_WAY | {DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN}:
        return None
    is_final = delivery.refused_cause is not None and delivery.refused_cause not in SENT_AGAIN_AS_IT_IS
    return delivery if is_final else None


def other_edye_id(plan: PlannedTitle, memory: Memory) -> str | None:
    """The EDYE id of another title that holds the plan's external_id at the partner; None where there is none."""
    revision = memory.revision
    if revision is not None and revision.withdrawn_at is None and revision.edye_id != plan.title.id:
        return revision.edye_id
    for delivery in memory.deliveries.values():
        if delivery.state in UNDER_WAY and delivery.edye_id != plan.title.id:
            return delivery.edye_id
    return None


def _most_open_first(carrying: Sequence[Delivery], memory: Memory) -> Iterator[Delivery]:
    """What is under way, then what the title stands at and is not accepted, then what is accepted."""
    yield from (one for one in carrying if one.state in UNDER_WAY)
    yield from (one for one in carrying if one.delivery_key == memory.current_key and one.state in TO_BE_SENT)
    yield from (one for one in carrying if one.state is DeliveryState.ACCEPTED)


def _carrying(plan: PlannedTitle, memory: Memory) -> list[Delivery]:
    """Deliveries of exactly this content that nothing has superseded; of a resend only the resend itself."""
    is_resend = plan.delivery_key != plan.content_key
    return [
        delivery
        for delivery in memory.deliveries.values()
        if (delivery.delivery_key == plan.delivery_key if is_resend else delivery.content_key == plan.content_key)
        and not is_superseded(delivery, memory.deliveries.values())
    ]


def _is_begun(memory: Memory) -> bool:
    return any(delivery.state in NOT_ACCEPTED for delivery in memory.deliveries.values())
