"""Titles that were withdrawn lately, and of which no call has told the partner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from edye_delivery.ledger.tables import REVISIONS

READ_MAX = 10_000
"""So many of a partner's withdrawals are looked at, the oldest ones."""
NAMED_MAX = 20


@dataclass(frozen=True, slots=True)
class UntoldWithdrawals:
    """Titles of a partner that were withdrawn in the same way: by a person or by the catalogue, at once or by a date.

    `external_ids` are the first of them. `titles` is exact unless `has_more`.
    """

    partner: str
    is_by_hand: bool
    is_end_dated: bool
    titles: int
    has_more: bool
    since: datetime
    external_ids: tuple[str, ...]


def untold_withdrawals(
    connection: Connection, partners: Collection[str], since: datetime
) -> Iterator[UntoldWithdrawals]:
    """What was withdrawn since then and not told by a call: by partner, the oldest first."""
    columns = REVISIONS.c
    names = ("external_id", "withdrawn_at", "withdrawal_reason", "end_at")
    for partner in sorted(partners):
        untold = (columns.partner == partner) & columns.withdrawal_told_at.is_(None)
        query = (
            select(*(columns[name] for name in names))
            .where(untold, columns.withdrawn_at.is_not(None), columns.withdrawn_at >= since)
            .order_by(columns.withdrawn_at)
            .limit(READ_MAX)
        )
        found = connection.execute(query).all()
        groups = defaultdict(list)
        for row in found:
            groups[row.withdrawal_reason is not None, row.end_at is not None].append(row)
        for (is_by_hand, is_end_dated), rows in groups.items():
            named = tuple(row.external_id for row in rows[:NAMED_MAX])
            has_more = len(found) >= READ_MAX
            began = rows[0].withdrawn_at
            yield UntoldWithdrawals(partner, is_by_hand, is_end_dated, len(rows), has_more, began, named)
