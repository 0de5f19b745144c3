"""Titles in the ledger of the desk's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.builders import a_movie, an_episode, the_annex
from tests.components.desk.conftest import PARTNER

RUN = "scheduled__2026-03-02T06:00:00+00:00"
EVIL = "<script>alert(1)</script> \u202egnp.exe"


class Clock:
    """A clock that goes on by a second with every look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@contextmanager
def open_ledger(path: Path) -> Iterator[Ledger]:
    """The ledger, to be written."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        yield Ledger(engine, Clock())
    finally:
        engine.dispose()


def episode(number: int = 1, name: str = "El mar de noche", **changes) -> PlannedTitle:
    """A planned episode at the first partner."""
    texts = {"titles": {"es": name}, "episode_number": number, "id": f"ep-{number}"}
    return plan_of(the_annex(), an_episode(**(texts | changes)))


def movie() -> PlannedTitle:
    """A planned movie at the first partner."""
    return plan_of(the_annex(), a_movie())


def accept(ledger: Ledger, plan: PlannedTitle, partner: str = PARTNER, run_id: str = RUN) -> None:
    """The title, accepted."""
    fail_after_receipt(ledger, plan, partner, run_id, None)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(partner, plan, [{"criterion": "ingest_completed", "met": True, "evidence": "it said completed"}])


def reject(ledger: Ledger, plan: PlannedTitle, partner: str = PARTNER, detail: str = "the poster is too small") -> None:
    """The title, rejected by quality control."""
    ledger.plan(partner, RUN, [plan])
    ledger.reject(plan.delivery_key, Cause.IMAGES, Owner.DESIGN, detail, ["IMG003"])


def fail_after_receipt(
    ledger: Ledger, plan: PlannedTitle, partner: str = PARTNER, run_id: str = RUN, cause: Cause | None = Cause.MEDIA,
    detail: str = "the partner says: codec not supported",
) -> None:  # fmt: skip
    """The title, received by the partner, who then refused it where there is a cause."""
    ledger.plan(partner, run_id, [plan])
    ledger.begin_send(plan.delivery_key, run_id)
    ledger.mark_received(plan.delivery_key, f"tracking-{plan.external_id}", 1000, 2.0)
    if cause is not None:
        ledger.fail(plan.delivery_key, cause, detail, ended_by_partner=True)
