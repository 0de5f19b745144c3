"""Withdrawals of which somebody has to tell the partner: by hand, or by clearing the task that calls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from edye_delivery.annex.model import PULL_SUFFIX, Annex, is_pulled
from edye_delivery.catalog.alarm import Alarm, AlarmKind
from edye_delivery.catalog.wording import count_of, names_text
from edye_delivery.ledger.untold_withdrawals import UntoldWithdrawals, untold_withdrawals

TOLD_WITHIN = timedelta(days=7)
"""For so long a withdrawal is shown: nobody notes in the ledger that he told the partner by mail."""
BEGINS_WITHIN = timedelta(minutes=30)
"""So long the run that withdraws a title may need to tell the partner."""


def withdrawal_alarms(connection: Connection, annexes: Mapping[str, Annex], now: datetime) -> Iterator[Alarm]:
    """An alarm for each way in which titles of these partners were withdrawn lately without telling the partner.

    A partner that pulls is told by the title's tombstone.
    """
    pushed = {name: annex for name, annex in annexes.items() if not is_pulled(annex) and not name.endswith(PULL_SUFFIX)}
    for found in untold_withdrawals(connection, list(pushed), now - TOLD_WITHIN):
        annex = pushed[found.partner]
        is_told_by_call = annex.withdrawal.endpoint_for(is_end_dated=found.is_end_dated) is not None
        if not (found.is_by_hand and is_told_by_call):
            yield Alarm(AlarmKind.WITHDRAWAL_NOT_TOLD, found.partner, found.since, _tell_sentence(annex, found))
        elif found.since < now - BEGINS_WITHIN:
            sentence = (
                f"the partner was not told of {_titles(found)} that a person withdrew; clear withdraw of that run to "
                f"tell it: {_names(found)}"
            )
            yield Alarm(AlarmKind.WITHDRAWAL_NOT_TOLD, found.partner, found.since, sentence)


def _tell_sentence(annex: Annex, found: UntoldWithdrawals) -> str:
    days = f"withdrawn in the last {TOLD_WITHIN.days} days"
    how = "the catalogue does not offer them any more"
    if found.is_by_hand:
        how = "offered until a date" if found.is_end_dated else "out of the feeds"
    return f"tell {annex.display_name} of {_titles(found)} {days}, because no API does ({how}): {_names(found)}"


def _titles(found: UntoldWithdrawals) -> str:
    return f"{'at least ' if found.has_more else ''}{count_of(found.titles, 'title')}"


def _names(found: UntoldWithdrawals) -> str:
    more = found.titles - len(found.external_ids)
    return names_text([*found.external_ids, *[""] * more], len(found.external_ids))
