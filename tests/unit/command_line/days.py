"""A ledger's file with titles at every place of their way, and `status` as a person calls it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner
from edye_delivery.command_line.app import app
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

WAITED_UNTIL = datetime(2999, 1, 1, tzinfo=UTC)
PARTNER, OTHER, RUN = "roku_premium_subs_mx", "another_partner", "run-1"


def the_plan(number: int = 1, **title: Any) -> PlannedTitle:
    """A planned movie of its own number."""
    return a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}", **title))


def the_id(number: int) -> str:
    """The external_id of the movie of this number."""
    return the_plan(number).external_id


class Days:
    """A ledger's file, and titles at every place of their way."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = open_engine(f"sqlite:///{path}")
        self.ledger = Ledger(
            self._engine, Clock(), Client(PARTNER, "client-1", error_threshold=0, technical_error_threshold=10)
        )

    def planned(self, plan, partner=PARTNER):
        self.ledger.plan(partner, RUN, [plan])

    def rejected(self, plan, detail="codec 'hevc', expected h264"):
        self.planned(plan)
        self.ledger.reject(plan.delivery_key, Cause.MEDIA, Owner.CONTENT_OPERATIONS, detail, ["VID006"])

    def received(self, plan, partner=PARTNER, tracking_id=None):
        self.planned(plan, partner)
        self.ledger.begin_send(plan.delivery_key, RUN)
        self.ledger.mark_received(plan.delivery_key, tracking_id or f"t-{plan.title.id}", 10, 1.0)
        self.ledger.note_wait([plan.delivery_key], WAITED_UNTIL)

    def failed(self, plan, cause=Cause.STUCK, detail="no word of its end"):
        self.received(plan)
        self.ledger.fail(plan.delivery_key, cause, detail)

    def accepted(self, plan, partner=PARTNER):
        self.received(plan, partner)
        self.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        self.ledger.accept(partner, plan, [])

    def __call__(self, *arguments):
        """`status` on this ledger, which nobody else has open."""
        self._engine.dispose()
        return called("--ledger", self.path, *arguments)


def called(*arguments: object) -> Result:
    """`status` with these arguments; an exception of ours fails the test."""
    result = CliRunner().invoke(app, ["status", *map(str, arguments)])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
