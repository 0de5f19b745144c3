"""The records that steps of one run pass on to each other as files: window plan, batches, rows of the snapshot."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, Record, RunRequest


class LeftOut(Record):
    """A title of the window that is not this partner's, and why."""

    edye_id: str
    reason: str


class CatalogueRead(Record):
    """When a run began to read the catalogue; another run may have read a later state of it meanwhile."""

    at: datetime


class Withdrawal(Record):
    """An accepted title that the catalogue no longer offers to the partner, or that a person withdraws.

    `read_at` is when the run read the catalogue that no longer offers it, `because` the word for why it does not.
    """

    delivery_key: str
    external_id: str
    edye_id: str
    reason: str
    title: str = ""
    by_hand: bool = False
    read_at: datetime | None = None
    because: str = ""


class WindowPlan(Record):
    """The titles that a run reports without working on them, and how many batches it works on.

    `held` are titles that the partner refused and that have not changed since: a person has to act. `unattended` are
    deliveries that no run waits for, now or later, because the title is not offered any more. `broken_off` has a
    sentence for each title outside the batches whose change could not be written to the ledger.
    """

    request: RunRequest
    batches: int
    unchanged: tuple[PlannedTitle, ...] = ()
    held: tuple[PlannedTitle, ...] = ()
    withdrawn: tuple[Withdrawal, ...] = ()
    unattended: tuple[Withdrawal, ...] = ()
    malformed: tuple[MalformedItem, ...] = ()
    left_out: dict[str, int] = Field(default_factory=dict)
    not_found: tuple[str, ...] = ()
    broken_off: tuple[str, ...] = ()


class Batch(Record):
    """The titles that one mapped task works through."""

    request: RunRequest
    number: int
    titles: tuple[PlannedTitle, ...]


class CheckedBatch(Record):
    """A batch after quality control, and after the thumbnails."""

    request: RunRequest
    number: int
    titles: tuple[CheckedTitle, ...]
