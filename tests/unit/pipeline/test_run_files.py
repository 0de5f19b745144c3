"""The files of a run: which file of each batch is read, and what is said where a step did not end."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from edye_delivery.catalog.artifact_names import art_name, batch_name, feed_record_name, plan_name
from edye_delivery.catalog.feed_records import FeedDraft, LintedFeed, PublishedFeed
from edye_delivery.catalog.snapshot import Batch, CheckedBatch, WindowPlan
from edye_delivery.pipeline.run_files import feed_of, pictures_of, read_run
from edye_delivery.reports.feed_model import FeedOutcome
from edye_delivery.reports.model import ReportedThumbnail
from tests.artifacts import Artifacts
from tests.unit.pipeline.builders import ANNEX, NOT_MEASURED, a_request, checked_for, plan_for
from tests.unit.reports.builders import a_report, a_title

REQUEST = a_request()
SPEC = ANNEX.feeds[0]
STEPS = ("checked", "reencoded", "thumbnails")


def keep(files, batches, *written):
    """A plan of so many batches, and (number, step) of those that were written; a step leaves its name as a finding."""
    plan = WindowPlan(request=REQUEST, batches=batches)
    files.put(plan_name(REQUEST), plan.model_dump_json().encode())
    for number in range(1, batches + 1):
        batch = Batch(request=REQUEST, number=number, titles=(plan_for(number),))
        files.put(batch_name(REQUEST, number, "plan"), batch.model_dump_json().encode())
    for number, step in written:
        finding = NOT_MEASURED.model_copy(update={"message": step})
        titles = (checked_for(plan_for(number), findings=(finding,)),)
        checked = CheckedBatch(request=REQUEST, number=number, titles=titles)
        files.put(batch_name(REQUEST, number, step), checked.model_dump_json().encode())
    return files


def test_a_run_that_was_not_planned_has_nothing_but_that_sentence():
    plan, checked, unchecked, incidents = read_run(Artifacts(), REQUEST)
    assert (plan, checked, unchecked) == (None, [], [])
    assert len(incidents) == 1


def test_a_plan_without_batches_is_read_alone():
    plan, checked, unchecked, incidents = read_run(keep(Artifacts(), 0), REQUEST)
    assert (plan.batches, checked, unchecked, incidents) == (0, [], [], [])


@pytest.mark.parametrize("last", range(3), ids=STEPS)
def test_of_each_batch_the_file_of_its_last_step_is_read(last):
    files = keep(Artifacts(), 1, *((1, step) for step in STEPS[: last + 1]))
    _, [checked], unchecked, incidents = read_run(files, REQUEST)
    assert checked.findings[0].message == STEPS[last]
    assert (unchecked, incidents) == ([], [])


def test_a_batch_that_was_not_checked_is_named_and_its_planned_titles_are_read():
    files = keep(Artifacts(), 3, (1, "checked"), (3, "thumbnails"))
    plan, checked, unchecked, [incident] = read_run(files, REQUEST)
    assert plan.batches == 3
    assert [one.plan.title.id for one in checked] == ["m-1", "m-3"]
    assert [one.title.id for one in unchecked] == ["m-2"]
    assert "batch 2 of 3" in incident


def test_files_of_another_run_of_the_same_window_are_not_read():
    files = keep(Artifacts(), 1, (1, "checked"))
    assert read_run(files, a_request(run_id="run-2"))[0] is None


DRAFT = FeedDraft(feed=SPEC.name, pages=(), kinds={"movie": 2}, profile="search")
GOOD, BAD = LintedFeed(errors=0, warnings=1), LintedFeed(errors=3, warnings=0)
PUBLISHED = PublishedFeed(url="https://feeds.example/feed.json", switched=True)


@pytest.mark.parametrize(
    ("records", "dry_run", "outcome", "word"),
    [
        ({}, False, FeedOutcome.FAILED, "assemble_feed"),
        ({"draft": DRAFT}, False, FeedOutcome.FAILED, "lint_feed"),
        ({"draft": DRAFT, "linted": GOOD}, False, FeedOutcome.FAILED, "publish_feed"),
        ({"draft": DRAFT, "linted": BAD}, False, FeedOutcome.REFUSED, "3 errors"),
        ({"draft": DRAFT, "linted": GOOD, "published": PUBLISHED}, False, FeedOutcome.PUBLISHED, ""),
        ({}, True, FeedOutcome.NOT_RUN, "dry run"),
    ],
    ids=["nothing", "draft", "linted", "refused", "published", "dry run"],
)
def test_a_feed_is_told_as_far_as_its_steps_came(records, dry_run, outcome, word):
    request = a_request(dry_run=dry_run)
    files = Artifacts()
    for step, record in records.items():
        files.put(feed_record_name(request, SPEC.name, step), record.model_dump_json().encode())
    report = feed_of(files, request, SPEC)
    assert (report.name, report.writer, report.outcome) == (SPEC.name, SPEC.writer, outcome)
    assert word in report.detail


def test_thumbnails_of_the_page_are_made_small_and_one_that_is_gone_or_broken_is_left_out():
    picture = io.BytesIO()
    Image.new("RGB", (800, 450), "teal").save(picture, "JPEG")
    titles = [
        a_title(
            external_id=name, thumbnails=(ReportedThumbnail(name="t", art_name=f"{name}.jpg", width_px=9, height_px=9),)
        )
        for name in ("good", "broken", "gone")
    ]
    files = Artifacts({art_name("good.jpg"): picture.getvalue(), art_name("broken.jpg"): b"no picture"})
    small = pictures_of(files, a_report(*titles))
    assert list(small) == ["good.jpg"]
    assert 0 < len(small["good.jpg"]) < len(picture.getvalue())
    with Image.open(io.BytesIO(small["good.jpg"])) as shown:
        assert shown.width < 800
