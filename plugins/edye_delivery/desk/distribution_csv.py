"""The distribution table as CSV: read page by page while it is sent, so that memory stays small."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from edye_delivery.catalog.window import rfc3339
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.desk.status_view import turn_of
from edye_delivery.ledger.distribution import DistributionPage, TitleRow, distribution_page
from edye_delivery.ledger.distribution_filter import DistributionFilter, Order
from edye_delivery.reports.columns import Cell
from edye_delivery.reports.csv_report import harmless

COLUMNS = (
    "edye_id", "external_id", "title", "kind", "lang", "partner", "state", "cause", "owner", "turn", "since",
    "next_step", "detail", "rules", "attempts", "tracking_id",
)  # fmt: skip


def csv_blocks(wanted: DistributionFilter, order: Order) -> Iterator[bytes]:
    """The table in blocks: a row for each title with the status it is listed for, then its state at each partner.

    RFC 4180 with a byte order mark; no cell can start a formula. The first block is read before this returns, so that a
    ledger that cannot be read is an error of the call.
    """
    first = _page(wanted, order, "")
    return _blocks(wanted, order, first)


def _blocks(wanted: DistributionFilter, order: Order, found: DistributionPage) -> Iterator[bytes]:
    heading = [*COLUMNS, *(f"state at {partner}" for partner in wanted.partners)]
    yield b"\xef\xbb\xbf" + _lines([heading])
    while True:
        yield _lines([_cells(row, wanted.partners) for row in found.rows])
        if found.next_cursor is None:
            return
        found = _page(wanted, order, found.next_cursor)


def _page(wanted: DistributionFilter, order: Order, cursor: str) -> DistributionPage:
    with ledger_connection() as connection:
        return distribution_page(connection, wanted, datetime.now(UTC), order, cursor)


def _cells(row: TitleRow, partners: Sequence[str]) -> list[Cell]:
    one = row.found
    own: list[Cell] = [
        one.edye_id, one.external_id, one.title, one.kind, one.lang, one.partner, one.state.value,
        one.cause.value if one.cause else None, one.owner, turn_of(one), rfc3339(one.since), one.next_step, one.detail,
        " ".join(one.rules), one.attempts, one.tracking_id,
    ]  # fmt: skip
    return own + [status.state.value if (status := row.at(partner)) else None for partner in partners]


def _lines(rows: Sequence[Sequence[Cell]]) -> bytes:
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return lines.getvalue().encode()
