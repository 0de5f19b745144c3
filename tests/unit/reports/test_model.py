"""The report's values: every title counted once, and only what can be written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from edye_delivery.catalog.finding import Finding
from edye_delivery.catalog.plan import Thumbnail
from edye_delivery.catalog.vocabulary import Cause, Change, DeliveryState, Owner, Severity
from edye_delivery.reports.model import OUTCOMES, TitleReport, causes_of, totals_of
from tests.unit.reports.builders import a_report, a_title


@pytest.mark.parametrize(
    ("state", "change", "outcome"),
    [
        (DeliveryState.ACCEPTED, Change.NEW, "accepted"),
        (DeliveryState.ACCEPTED, Change.OPEN, "accepted"),
        (DeliveryState.ACCEPTED, Change.UNCHANGED, "unchanged"),
        (DeliveryState.REJECTED, Change.CHANGED, "rejected"),
        (DeliveryState.REJECTED, Change.UNCHANGED, "rejected"),
        (DeliveryState.FAILED, Change.OPEN, "failed"),
        (DeliveryState.SENDING, Change.NEW, "failed"),
        (DeliveryState.RECEIVED, Change.NEW, "failed"),
        (DeliveryState.PROCESSING, Change.OPEN, "failed"),
        (DeliveryState.COMPLETED, Change.NEW, "failed"),
        (DeliveryState.PLANNED, Change.NEW, "planned"),
        (DeliveryState.WITHDRAWN, Change.WITHDRAWN, "withdrawn"),
    ],
)
def test_a_title_counts_under_one_outcome(state: DeliveryState, change: Change, outcome: str) -> None:
    totals = totals_of([a_title(state=state, change=change)])
    assert {name: count for name, count in totals.model_dump().items() if name in OUTCOMES and count} == {outcome: 1}


def test_the_outcomes_sum_up_to_the_titles() -> None:
    totals = totals_of(a_title(state=state, change=change) for state in DeliveryState for change in Change)
    assert totals.titles == sum(getattr(totals, name) for name in OUTCOMES) == len(DeliveryState) * len(Change)


def test_sent_counts_deliveries_of_this_run_whatever_became_of_them() -> None:
    titles = [a_title(sent=True, state="failed"), a_title(sent=True), a_title(sent=False, change="unchanged")]
    assert totals_of(titles).sent == 2


def test_a_title_that_a_real_run_left_behind_needs_work() -> None:
    left = a_title(state="planned", cause=Cause.TRANSIENT, owner=Owner.DEVOPS)
    assert left.needs_work
    assert a_report(left).totals.failed == 1


def test_a_real_run_cannot_report_planned_titles_without_a_cause() -> None:
    with pytest.raises(ValidationError, match="have no cause"):
        a_report(a_title(state="planned"))
    assert a_report(a_title(state="planned"), dry_run=True).totals.planned == 1


def test_totals_that_are_not_those_of_the_titles_are_refused() -> None:
    with pytest.raises(ValidationError, match="use totals_of"):
        a_report(a_title(), totals=totals_of([]))


def test_the_most_frequent_cause_comes_first_and_accepted_titles_have_none() -> None:
    stuck = a_title(state="failed", cause=Cause.STUCK, owner=Owner.DEVOPS)
    media = a_title(state="rejected", cause=Cause.MEDIA, owner=Owner.CONTENT_OPERATIONS)
    causes = causes_of([stuck, media, media, a_title(cause=Cause.MEDIA, owner=Owner.CONTENT_OPERATIONS)])
    assert [(count.cause, count.owner, count.titles) for count in causes] == [
        (Cause.MEDIA, Owner.CONTENT_OPERATIONS, 2),
        (Cause.STUCK, Owner.DEVOPS, 1),
    ]


def test_findings_and_thumbnails_of_the_catalogue_are_taken_as_they_are() -> None:
    finding = Finding(
        code="VID006",
        name="codec-unsupported",
        severity=Severity.BLOCK,
        cause=Cause.MEDIA,
        owner=Owner.CONTENT_OPERATIONS,
        message="codec hevc",
        fix="Encode as h264.",
        source="annex",
    )
    thumbnail = Thumbnail(name="poster", art_name="a.jpg", width_px=2, height_px=3, size_bytes=9, origin="poster")
    title = a_title(findings=(finding,), thumbnails=(thumbnail,))
    assert title.findings[0].fix == "Encode as h264."
    assert title.thumbnails[0].height_px == 3


@pytest.mark.parametrize("moment", ["2026-03-02", "2026-03-02T06:00:04", "yesterday", "2026-03-02T06:00:04Z\n"])
def test_a_moment_without_time_zone_is_refused(moment: str) -> None:
    with pytest.raises(ValidationError, match="sent_at"):
        a_title(sent_at=moment)


def test_half_a_character_of_a_foreign_text_is_replaced() -> None:
    assert a_title(title="broken \ud83d emoji").title == "broken \ufffd emoji"


def test_a_value_is_frozen_and_knows_no_other_key() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        a_title().state = DeliveryState.FAILED  # type: ignore[misc]
    with pytest.raises(ValidationError, match="colour"):
        TitleReport(**a_title().model_dump(), colour="green")
