"""What to do next with a title: the report of its run and `status` say the same words."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.pipeline.report import RunOutcome, window_report
from tests.builders import the_annex
from tests.unit.command_line.days import PARTNER, RUN, WAITED_UNTIL, Days, the_plan

STARTED_AT, ENDED_AT = datetime(2026, 3, 2, 6, tzinfo=UTC), datetime(2026, 3, 2, 7, tzinfo=UTC)
PLAN = the_plan()


def reported(days):
    """The title as the report of the run tells it."""
    request = RunRequest(partner=PARTNER, run_id=RUN, start_at=STARTED_AT, end_at=ENDED_AT)
    (title,) = window_report(
        RunOutcome(
            annex=the_annex(),
            request=request,
            plan=None,
            checked=[CheckedTitle(plan=PLAN)],
            unchecked=[],
            deliveries=days.ledger.deliveries([PLAN.delivery_key]),
            incidents=[],
            started_at=STARTED_AT,
            finished_at=ENDED_AT,
        )
    ).titles
    return title


def same_words(days):
    title = reported(days)
    (told,) = json.loads(days("--json").stdout)["titles"]
    assert title.next_step
    assert (title.external_id, title.state, title.next_step) == (
        told["external_id"], told["state"], told["next_step"],
    )  # fmt: skip
    assert f"Next: {title.next_step}" in days().stdout.splitlines()
    assert days("--external-id", PLAN.external_id).stdout.splitlines()[-1] == f"Next: {title.next_step}"


@pytest.fixture
def days(tmp_path):
    return Days(tmp_path / "ledger.sqlite")


@pytest.mark.parametrize("cause", Cause)
def test_of_a_failure_by_its_cause(days, cause):
    days.failed(PLAN, cause)
    same_words(days)


def test_of_a_rejection(days):
    days.rejected(PLAN)
    same_words(days)


@pytest.mark.parametrize("state", ["sending", "received", "processing", "completed"])
def test_of_a_title_that_a_run_left_under_way(days, state):
    days.planned(PLAN)
    days.ledger.begin_send(PLAN.delivery_key, RUN)
    if state != "sending":
        days.ledger.mark_received(PLAN.delivery_key, "t-1", 10, 1.0)
    if state in ("processing", "completed"):
        days.ledger.observe(PLAN.delivery_key, DeliveryState(state))
    days.ledger.note_wait([PLAN.delivery_key], WAITED_UNTIL)
    same_words(days)
