"""Plan: compares the titles of a snapshot with the ledger, and cuts those to work on into batches."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime
from functools import partial
from typing import TypeVar

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import PlannedTitle, RunRequest
from edye_delivery.catalog.snapshot import Batch, WindowPlan, Withdrawal
from edye_delivery.catalog.snapshot_file import SnapshotFile
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Change, Correction
from edye_delivery.ledger.comparison import compare, is_taken_up, other_edye_id, refusal_of
from edye_delivery.ledger.database import LEDGER_GONE
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Memory
from edye_delivery.qc.metadata import clash, duplicates

BATCHES_MAX = 1000
NO_LONGER_OFFERED = "the catalogue no longer offers it to this partner ({})"
log = logging.getLogger(__name__)
Plannable = TypeVar("Plannable", Title, PlannedTitle)


def plan_window(annex: Annex, snapshot: SnapshotFile, ledger: Ledger) -> tuple[WindowPlan, list[Batch]]:
    """The window's plan and its batches; reads the ledger, writes nothing.

    Memory grows with the titles that the run plans, not with the size of the snapshot.
    """
    request = snapshot.request
    external_ids = set(request.external_ids)
    broken_plans: list[MalformedItem] = []
    broken_comparisons: list[MalformedItem] = []
    resend = request.run_id if request.force_resend else ""
    plans = _keep_requested(
        _plan_each(snapshot.titles, lambda title: plan_of(annex, title, resend), broken_plans), external_ids
    )
    plans += _plan_touched(annex, snapshot, ledger, external_ids, broken_plans)
    twins = duplicates(plans)
    not_found = external_ids - {plan.external_id for plan in plans}
    memories = ledger.memories(annex.partner, [plan.external_id for plan in plans])
    read_at = snapshot.read_at

    def place(plan: PlannedTitle) -> PlannedTitle:
        return _compare_with_ledger(plan, memories[plan.external_id], twins, annex, request, read_at)

    placed = list(_plan_each(plans, place, broken_comparisons))
    offered = [plan for plan in placed if not _is_withdrawn_by_hand(memories[plan.external_id], request)]
    working, unchanged, held, left_aside = _sort(offered, memories, request)
    batches = [
        Batch(request=request, number=number, titles=tuple(titles))
        for number, titles in enumerate(_cut_batches(working, batch_size(annex, len(working))), start=1)
    ]
    reasons = _reasons_to_withdraw(annex, snapshot)
    left_out = Counter(title.reason for title in snapshot.left_out)
    left_out += Counter({"not_failed_before": left_aside, "withdrawn_by_hand": len(placed) - len(offered)})
    plan = WindowPlan(
        request=request,
        batches=len(batches),
        unchanged=tuple(unchanged),
        held=tuple(held),
        withdrawn=tuple(_withdrawn(annex, snapshot, ledger, reasons)),
        unattended=tuple(_withdrawals_of_unattended(annex, request, ledger, reasons)),
        malformed=(*(() if external_ids else (*snapshot.malformed, *broken_plans)), *broken_comparisons),
        left_out=dict(sorted(left_out.items())),
        not_found=tuple(sorted(not_found)),
    )
    return plan, batches


def _keep_requested(plans: Iterable[PlannedTitle], external_ids: Set[str]) -> list[PlannedTitle]:
    """The plans of the titles that the run names; all plans where it names none. Titles may share an external_id."""
    return [plan for plan in plans if not external_ids or plan.external_id in external_ids]


def _plan_each(
    titles: Iterable[Plannable], plan: Callable[[Plannable], PlannedTitle], malformed: list[MalformedItem]
) -> Iterator[PlannedTitle]:
    """The plan of each title; a title whose planning breaks off becomes a malformed item."""
    for one in titles:
        edye_id = one.id if isinstance(one, Title) else one.title.id
        result = attempt(edye_id, "planning it", partial(plan, one), LEDGER_GONE)
        if isinstance(result, StepFailure):
            malformed.append(MalformedItem(edye_id=edye_id, reason=result.sentence))
        else:
            yield result


def _plan_touched(
    annex: Annex, snapshot: SnapshotFile, ledger: Ledger, external_ids: Set[str], malformed: list[MalformedItem]
) -> list[PlannedTitle]:
    """Touched episodes that the ledger knows, and whose series changes their content or offers them again."""
    touched = (title for title in snapshot.touched if exclusion_reason(annex, title) is None)
    plans = _keep_requested(_plan_each(touched, partial(plan_of, annex), malformed), external_ids)
    memories = ledger.memories(annex.partner, [plan.external_id for plan in plans])
    known = [plan for plan in plans if memories[plan.external_id].deliveries]
    return [plan for plan in known if compare(plan, memories[plan.external_id]).change is not Change.UNCHANGED]


def remember_plan(annex: Annex, plan: WindowPlan, ledger: Ledger) -> WindowPlan:
    """Writes the newer revisions and the withdrawals of titles that no batch works on. Safe to repeat.

    Gives the plan again, with a sentence for each title for which that failed.
    """
    run_id = plan.request.run_id
    troubles: list[tuple[str, object]] = []
    for title in (*plan.unchanged, *plan.held):
        act = partial(ledger.refresh, annex.partner, title)
        troubles.append((title.external_id, attempt(title.external_id, "keeping its newer revision", act, LEDGER_GONE)))
    for withdrawal in plan.withdrawn:
        act = partial(
            ledger.withdraw, annex.partner, withdrawal.delivery_key, run_id, withdrawal.reason, withdrawal.read_at,
            withdrawal.because,
        )  # fmt: skip
        troubles.append((withdrawal.external_id, attempt(withdrawal.external_id, "withdrawing it", act, LEDGER_GONE)))
    for unattended in plan.unattended:
        end = partial(ledger.end_unattended, unattended.delivery_key, run_id, unattended.reason)
        result = attempt(unattended.external_id, "ending its delivery", end, LEDGER_GONE)
        troubles.append((unattended.external_id, result))
        if result is True:
            log.warning("%s: %s", unattended.external_id, unattended.reason)
    sentences = [f"{name}: {result.sentence}" for name, result in troubles if isinstance(result, StepFailure)]
    return plan.model_copy(update={"broken_off": tuple(sentences)})


def _sort(
    plans: Sequence[PlannedTitle], memories: Mapping[str, Memory], request: RunRequest
) -> tuple[list[PlannedTitle], list[PlannedTitle], list[PlannedTitle], int]:
    """Titles to work on, titles that are accepted as they are, held titles, and how many the mode leaves out."""
    working: list[PlannedTitle] = []
    unchanged: list[PlannedTitle] = []
    held: list[PlannedTitle] = []
    for plan in plans:
        memory = memories[plan.external_id]
        if is_taken_up(plan, memory, request.mode):
            (held if _is_held(plan, memory, request) else working).append(plan)
        elif plan.change is Change.UNCHANGED:
            unchanged.append(plan)
    return working, unchanged, held, len(plans) - len(working) - len(unchanged) - len(held)


def _is_withdrawn_by_hand(memory: Memory, request: RunRequest) -> bool:
    """Whether a person has withdrawn the title, and no person asked this run to offer it again."""
    by_hand = memory.revision is not None and memory.revision.is_withdrawn_by_hand
    return by_hand and not request.is_persons_decision


def _is_held(plan: PlannedTitle, memory: Memory, request: RunRequest) -> bool:
    """Whether the partner would only refuse the title again: nothing has changed, and no person asks for it.

    A person may ask for it by choosing another channel than the one that was refused.
    """
    if request.is_persons_decision or plan.reencode_asked:
        return False
    delivery = refusal_of(plan, memory)
    return delivery is not None and delivery.channel is request.channel


def _compare_with_ledger(
    plan: PlannedTitle,
    memory: Memory,
    twins: Mapping[str, Finding],
    annex: Annex,
    request: RunRequest,
    read_at: datetime | None,
) -> PlannedTitle:
    """The plan compared with the ledger, with the findings that come from comparing it with other titles."""
    findings = list(plan.findings)
    if plan.title.id in twins:
        findings.append(twins[plan.title.id])
    elif (other := other_edye_id(plan, memory)) is not None:
        findings.append(clash(plan.external_id, plan.title, other))
    placed = compare(plan, memory)
    reencode_asked = annex.reencode is not None and _reencode_asked(placed, memory, request)
    revision = memory.revision
    withdrawn_at = revision.withdrawn_at if revision is not None and revision.is_withdrawn_by_hand else None
    return placed.model_copy(
        update={
            "findings": tuple(findings),
            "read_at": read_at,
            "reencode_asked": reencode_asked,
            "asked_by_person": request.is_persons_decision,
            "withdrawn_at": withdrawn_at,
        }
    )


def _reencode_asked(plan: PlannedTitle, memory: Memory, request: RunRequest) -> bool:
    """Whether a person or the partner's refusal asks for another encode, whatever quality control says.

    After a refusal this happens once: where the partner refuses the encode too, a person has to decide.
    """
    if request.correction is Correction.MEDIA:
        return True
    delivery = refusal_of(plan, memory)
    return delivery is not None and delivery.is_original_refused


def batch_size(annex: Annex, titles: int) -> int:
    """How many titles a batch has: as many batches as can run at once, each of a size that the annex allows.

    Above its most titles only where there would be more batches than Airflow can map over.
    """
    shared = min(-(-titles // annex.batches_at_once), annex.batch_size_max)
    return max(annex.batch_size, shared, -(-titles // BATCHES_MAX))


def _cut_batches(plans: Sequence[PlannedTitle], size: int) -> Iterator[Sequence[PlannedTitle]]:
    for start in range(0, len(plans), size):
        yield plans[start : start + size]


def _withdrawn(
    annex: Annex, snapshot: SnapshotFile, ledger: Ledger, reasons: Mapping[str, str]
) -> Iterator[Withdrawal]:
    """Accepted titles that the catalogue no longer offers to this partner, among those that the run asks for."""
    external_ids = snapshot.request.external_ids
    for delivery in ledger.offered_deliveries(annex.partner, reasons, snapshot.request.run_id):
        if external_ids and delivery.external_id not in external_ids:
            continue
        yield Withdrawal(
            delivery_key=delivery.delivery_key,
            external_id=delivery.external_id,
            edye_id=delivery.edye_id,
            reason=NO_LONGER_OFFERED.format(reasons[delivery.edye_id]),
            read_at=snapshot.read_at,
            because=reasons[delivery.edye_id],
        )


def _reasons_to_withdraw(annex: Annex, snapshot: SnapshotFile) -> dict[str, str]:
    """Why the catalogue does not offer titles of the snapshot to this partner, by EDYE id."""
    exclusions = ((title.id, exclusion_reason(annex, title)) for title in snapshot.touched)
    reasons = {edye_id: reason for edye_id, reason in exclusions if reason is not None}
    return reasons | {title.edye_id: title.reason for title in snapshot.left_out}


def _withdrawals_of_unattended(
    annex: Annex, request: RunRequest, ledger: Ledger, reasons: Mapping[str, str]
) -> Iterator[Withdrawal]:
    """Withdrawals of deliveries that nobody waits for, of titles that are not offered any more."""
    for one in ledger.unattended_titles(annex.partner, request.channel) if request.takes_up_unattended else ():
        reason = "a person has withdrawn it" if one.is_withdrawn_by_hand else None
        if one.edye_id in reasons:
            reason = NO_LONGER_OFFERED.format(reasons[one.edye_id])
        if reason is not None:
            yield Withdrawal(
                delivery_key=one.delivery_key,
                external_id=one.external_id,
                edye_id=one.edye_id,
                title=one.title,
                reason=f"{reason}, and nobody waits for its delivery: if it has a tracking id, ask the partner",
            )
