"""Makes the consumption report of what the ledger says: counts by class, polls, lag, uptime, minutes."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from edye_delivery.catalog.consumption import (
    NONE_WAITS,
    CallClass,
    CallSums,
    CheckpointCall,
    ErrorCall,
    ExposedTitle,
    Fetched,
    FullSync,
    Percentiles,
    PollSum,
    StatusSum,
    Unfetched,
    UnfetchedTitle,
    class_of,
)
from edye_delivery.catalog.degradation import Degradation, DegradationKind, Subject
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.catalog.window import Window, rfc3339
from edye_delivery.reports.consumption.model import (
    CallCounts,
    Checkpoint,
    ConsumptionReport,
    EndpointUse,
    Latency,
    NotFetched,
    PollUse,
    ReportedDegradation,
    ReportedError,
    SlotUse,
    Sync,
    TitlesFetched,
    WaitingTitle,
)
from edye_delivery.reports.model import Span

Key = TypeVar("Key", bound=Hashable)
MINUTE = timedelta(minutes=1)
FIELD_OF_CLASS = {
    CallClass.OK: "ok",
    CallClass.NOT_MODIFIED: "not_modified",
    CallClass.OTHER: "other",
    CallClass.REFUSED: "refused",
    CallClass.RATE_LIMITED: "rate_limited",
    CallClass.FAILED: "failed",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What is agreed with the partner, and within which bounds its calls should be answered."""

    polling_interval_s: int
    sla_percent: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class ConsumptionFacts:
    """All that is known about a partner's calls when the report is made.

    `generation` is the number of the one that is served, None where that is not known. `down_since` are the starts of
    the minutes in which no call was answered. `fetched` is None where nobody said which titles are exposed.
    """

    partner: str
    display_name: str
    window: Window
    made_at: datetime
    agreement: Agreement
    generation: int | None
    sums: CallSums
    lines_since: datetime | None
    polls: Sequence[PollSum]
    longest_silence_s: float
    checkpoints: Sequence[CheckpointCall]
    syncs: Sequence[FullSync]
    fetched: Fetched | None
    errors: Sequence[ErrorCall]
    down_since: Sequence[datetime]
    degradations: Sequence[Degradation]
    unfetched: Unfetched = NONE_WAITS


def consumption_report(facts: ConsumptionFacts) -> ConsumptionReport:
    """The report; latest errors first, endpoints by name, slots without calls too."""
    window_s = (facts.window.end_at - facts.window.start_at).total_seconds()
    down_s = _down_s(facts)
    service = [(one.began_at, one.ended_at) for one in facts.degradations if one.subject is Subject.SERVICE]
    return ConsumptionReport(
        partner=facts.partner,
        display_name=facts.display_name,
        window=Span.model_validate(facts.window.as_json()),
        made_at=rfc3339(facts.made_at),
        is_exact=facts.sums.is_exact,
        lines_since=rfc3339(facts.lines_since) if facts.lines_since else None,
        slot_s=facts.sums.slot_s,
        generation=facts.generation,
        totals=_counts(facts.sums.sums),
        own_calls=facts.sums.own_calls,
        latency=_latency(facts.sums.all_calls),
        latency_bound_ms=facts.agreement.p95_ms,
        endpoints=_endpoints(facts.sums),
        slots=_slots(facts.sums, facts.window),
        polling_interval_s=facts.agreement.polling_interval_s,
        longest_silence_s=facts.longest_silence_s,
        polls=_polls(facts, window_s),
        checkpoints=tuple(_checkpoint(one, facts.generation) for one in facts.checkpoints),
        syncs=tuple(_sync(one) for one in facts.syncs),
        titles=_titles(facts.fetched) if facts.fetched is not None else None,
        waiting=facts.unfetched.count,
        waiting_titles=tuple(_waiting(one) for one in facts.unfetched.titles),
        errors=tuple(_error(one) for one in facts.errors),
        sla_percent=facts.agreement.sla_percent,
        uptime_percent=100 * (1 - down_s / window_s),
        down_minutes=down_s / 60,
        degraded_minutes=union_s(service, facts.window) / 60,
        degradations=tuple(_degradation(one) for one in facts.degradations),
    )


def turn_of(status: int) -> str:
    """Whose turn it is after an answer with this status."""
    if status >= 500:
        return Owner.DEVOPS.value
    if status == 404:
        return Owner.CONTENT_OPERATIONS.value
    return "Partner" if status == 429 else f"Partner or {Owner.DEVOPS.value}"


def next_step_of(status: int) -> str:
    """What to do after an answer with this status, as a sentence."""
    if status >= 500:
        return "Look whether the delivery API runs and has a generation to serve, and read its log at the request id."
    steps = {
        400: "Tell the partner which parameter the message names.",
        401: "Find out whether the token was revoked or has expired; give the partner the present one.",
        403: "Compare what the user may call (pull.users of the annex) with what the partner needs.",
        404: "See whether the title was withdrawn or never accepted; if it is there, the partner has a wrong id.",
        410: "The partner reads its list from the start; an item that is withdrawn stays away.",
        429: "The partner waits as Retry-After says, and polls with its checkpoint.",
    }
    return steps.get(status, "Tell the partner the message; the call itself is wrong.")


def union_s(spans: Iterable[tuple[datetime, datetime | None]], window: Window) -> float:
    """The seconds of the window that at least one of the spans covers; a span without an end reaches to its end."""
    inside = [(max(start, window.start_at), min(end or window.end_at, window.end_at)) for start, end in spans]
    total, reached = 0.0, window.start_at
    for start, end in sorted(inside):
        begin = max(start, reached)
        if end > begin:
            total += (end - begin).total_seconds()
            reached = end
    return total


def _down_s(facts: ConsumptionFacts) -> float:
    """The seconds without any good answer: minutes whose calls all failed, and what the probe found unavailable."""
    spans: list[tuple[datetime, datetime | None]] = [(at, at + MINUTE) for at in facts.down_since]
    for one in facts.degradations:
        if one.kind is DegradationKind.UNAVAILABLE and one.is_by_probe:
            spans.append((one.began_at, one.broken_at))
    return union_s(spans, facts.window)


def _counts(sums: Iterable[StatusSum]) -> CallCounts:
    counts = dict.fromkeys(CallCounts.model_fields, 0)
    for one in sums:
        counts[FIELD_OF_CLASS[class_of(one.status)]] += one.calls
        for name in ("calls", "timeouts", "bytes", "items"):
            counts[name] += getattr(one, name)
    return CallCounts(**counts)


def _grouped(sums: Iterable[StatusSum], key: Callable[[StatusSum], Key]) -> dict[Key, list[StatusSum]]:
    groups: dict[Key, list[StatusSum]] = {}
    for one in sums:
        groups.setdefault(key(one), []).append(one)
    return groups


def _latency(found: Percentiles | None) -> Latency | None:
    return Latency(p50_ms=found.p50_ms, p95_ms=found.p95_ms, p99_ms=found.p99_ms) if found else None


def _endpoints(sums: CallSums) -> tuple[EndpointUse, ...]:
    groups = _grouped(sums.sums, lambda one: (one.endpoint, one.user))
    return tuple(
        EndpointUse(endpoint=key[0], user=key[1], counts=_counts(members), latency=_latency(sums.by_endpoint.get(key)))
        for key, members in sorted(groups.items())
    )


def _slots(sums: CallSums, window: Window) -> tuple[SlotUse, ...]:
    groups = _grouped(sums.sums, lambda one: one.start_s)
    first_s = int(window.start_at.timestamp()) // sums.slot_s * sums.slot_s
    return tuple(
        SlotUse(
            start_at=rfc3339(datetime.fromtimestamp(start_s, UTC)),
            counts=_counts(groups.get(start_s, ())),
            latency=_latency(sums.by_slot.get(start_s)),
        )
        for start_s in range(first_s, int(-(-window.end_at.timestamp() // 1)), sums.slot_s)
    )


def _polls(facts: ConsumptionFacts, window_s: float) -> tuple[PollUse, ...]:
    agreed = int(window_s // facts.agreement.polling_interval_s)
    return tuple(PollUse(endpoint=one.endpoint, user=one.user, polls=one.polls, agreed=agreed) for one in facts.polls)


def _checkpoint(one: CheckpointCall, generation: int | None) -> Checkpoint:
    present = generation if generation is not None else one.generation
    lag = max(0, present - one.checkpoint_generation) if present is not None else None
    return Checkpoint(
        endpoint=one.endpoint, user=one.user, sent_at=rfc3339(one.at), generation=one.checkpoint_generation, lag=lag
    )


def _sync(one: FullSync) -> Sync:
    return Sync(
        endpoint=one.endpoint,
        user=one.user,
        began_at=rfc3339(one.began_at),
        ended_at=rfc3339(one.ended_at),
        generation=one.generation,
        pages=one.pages,
        items=one.items,
    )


def _titles(fetched: Fetched) -> TitlesFetched:
    return TitlesFetched(
        exposed=fetched.exposed,
        handed_out=fetched.handed_out,
        not_fetched=tuple(_not_fetched(one) for one in fetched.not_fetched),
        tombstones=fetched.tombstones,
        tombstones_handed_out=fetched.tombstones_handed_out,
    )


def _not_fetched(one: ExposedTitle) -> NotFetched:
    updated_at = rfc3339(datetime.fromtimestamp(one.updated_at_ms / 1000, UTC))
    return NotFetched(
        list=one.list, item_id=one.item_id, external_id=one.external_id, title=one.title, updated_at=updated_at
    )


def _waiting(one: UnfetchedTitle) -> WaitingTitle:
    return WaitingTitle(external_id=one.external_id, title=one.title, since=rfc3339(one.since))


def _error(one: ErrorCall) -> ReportedError:
    return ReportedError(
        at=rfc3339(one.at),
        user=one.user,
        endpoint=one.endpoint,
        status=one.status,
        milliseconds=one.milliseconds,
        message=one.message,
        request_id=one.request_id,
        turn=turn_of(one.status),
    )


def _degradation(one: Degradation) -> ReportedDegradation:
    return ReportedDegradation(
        subject=one.subject,
        kind=one.kind,
        user=one.user,
        began_at=rfc3339(one.began_at),
        ended_at=rfc3339(one.ended_at) if one.ended_at else None,
        detail=one.detail,
    )
