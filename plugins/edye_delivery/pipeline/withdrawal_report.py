"""The report on withdrawn titles: by the catalogue in a delivery, or by hand in a run of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.channel_words import words_of
from edye_delivery.catalog.close_names import close_names
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import Withdrawal
from edye_delivery.catalog.vocabulary import Change, Channel, DeliveryState
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import NAMED_MAX, names_text
from edye_delivery.ledger.records import Revision
from edye_delivery.pipeline.withdraw import endpoint_for
from edye_delivery.reports.model import TitleReport


def withdrawn_report(request: RunRequest, withdrawal: Withdrawal, revision: Revision | None) -> TitleReport:
    """One title: withdrawn, or still offered where the run did not get so far."""
    is_done = not withdrawal.by_hand or request.dry_run or (revision is not None and revision.is_withdrawn_by_hand)
    return TitleReport(
        external_id=withdrawal.external_id,
        edye_id=withdrawal.edye_id,
        title=withdrawal.title,
        change=Change.WITHDRAWN if is_done else Change.UNCHANGED,
        state=DeliveryState.WITHDRAWN if is_done else DeliveryState.ACCEPTED,
        delivery_key=withdrawal.delivery_key,
        detail=_detail(request, withdrawal, revision) if is_done else "not withdrawn: it is offered as before",
    )


def incidents_of(
    annex: Annex, request: RunRequest, planned: Sequence[Withdrawal], revisions: Mapping[str, Revision]
) -> Iterator[str]:
    """A sentence for each thing that a withdrawal by hand did not do; each makes the run red."""
    if request.withdrawal is None or request.dry_run:
        return
    names = [one.external_id for one in planned]
    withdrawn = [name for name in names if name in revisions and revisions[name].is_withdrawn_by_hand]
    if len(withdrawn) < len(names):
        missing = names_text(sorted({*names} - {*withdrawn}))
        yield f"not withdrawn, see the logs of approve_withdrawal and withdraw: {missing}"
    not_told = [name for name in withdrawn if revisions[name].withdrawal_told_at is None]
    if not_told and endpoint_for(annex, request) is not None:
        yield f"out of the feeds, but the partner was not told; clear withdraw to tell it: {names_text(not_told)}"


def to_do_of(
    annex: Annex, request: RunRequest, planned: Sequence[Withdrawal], revisions: Mapping[str, Revision]
) -> Iterator[str]:
    """What a person has to do: tell the partner where no API does, and approve many withdrawals.

    A dry run says what a real run would ask for. A partner that pulls is told by the title's tombstone.
    """
    names = [one.external_id for one in planned]
    if not names:
        return
    limit = annex.withdrawal.titles_without_approval
    by_hand = request.withdrawal is not None
    if by_hand and not request.dry_run:
        names = [name for name in names if name in revisions and revisions[name].is_withdrawn_by_hand]
    if by_hand and request.dry_run and len(names) > limit:
        yield (
            f"the real run waits in approve_withdrawal until somebody approves it: {len(names)} titles, and up to "
            f"{limit} go without"
        )
    is_told = request.channel is Channel.PULL or (by_hand and endpoint_for(annex, request) is not None)
    if names and not is_told:
        when = "after the real run, " if request.dry_run else ""
        what = f"{_effect_of(request)}: {names_text(names, len(names))}"
        yield f"{when}tell {annex.display_name}, because no API does: {what}"


def not_found_sentence(request: RunRequest, names: Sequence[str], known: Sequence[str] = ()) -> str:
    """Why the run does not have titles that it names, with similar names from the ledger."""
    in_ledger = frozenset(known)
    first = [name if name in in_ledger else _with_close_names(name, known) for name in names[:NAMED_MAX]]
    text = names_text([*first, *names[NAMED_MAX:]])
    if request.withdrawal is not None:
        return f"not offered to this partner, so there is nothing to withdraw: {text}"
    where = "catalogue" if request.whole_catalogue else "catalogue's window"
    return f"asked for, but not in the {where} for this partner: {text}"


def _with_close_names(name: str, known: Sequence[str]) -> str:
    close = close_names(name, known)
    return f"{name} (close to it: {', '.join(close)})" if close else name


def _effect_of(request: RunRequest) -> str:
    """What happens with the withdrawn titles."""
    order = request.withdrawal
    if order is None:
        return "the catalogue does not offer these titles to it any more"
    return f"offered until {rfc3339(order.end_at)}" if order.end_at else words_of(request.channel).withdrawn


def _detail(request: RunRequest, withdrawal: Withdrawal, revision: Revision | None) -> str:
    if not withdrawal.by_hand:
        return withdrawal.reason
    until = _effect_of(request)
    if request.dry_run:
        return f"dry run, it would be {until}: {withdrawal.reason}"
    told_at = revision.withdrawal_told_at if revision else None
    partner_text = f"the partner knows since {rfc3339(told_at)}" if told_at else "the partner was not told by this run"
    if request.channel is Channel.PULL:
        partner_text = "the next generation tells the partner, by its tombstone"
    return f"{until}; {partner_text}: {withdrawal.reason}"
