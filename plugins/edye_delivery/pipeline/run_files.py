"""What the report reads from the files of a run: its plan, its batches, its feeds, as far as each step came."""

from __future__ import annotations

from functools import partial
from typing import Any

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.artwork.thumbnails import small_picture
from edye_delivery.catalog.artifact_names import art_name, batch_name, feed_record_name, plan_name
from edye_delivery.catalog.feed_records import FEED_STEPS
from edye_delivery.catalog.one_title import attempt
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle, Record, RunRequest
from edye_delivery.catalog.snapshot import Batch, CheckedBatch, WindowPlan
from edye_delivery.pipeline.stores import FileReader
from edye_delivery.reports.feed_model import FeedReport, feed_report
from edye_delivery.reports.model import WindowReport
from edye_delivery.reports.page import art_names_to_show


def read_run(
    store: FileReader, request: RunRequest
) -> tuple[WindowPlan | None, list[CheckedTitle], list[PlannedTitle], list[str]]:
    """The run's plan, its titles as far as each batch came, and a sentence for whatever is missing."""
    try:
        plan = WindowPlan.model_validate_json(store.get(plan_name(request)))
    except FileNotFoundError:
        return (
            None,
            [],
            [],
            ["the window was not planned: fetch_catalogue, plan_batches or plan_withdrawal failed, see its log"],
        )
    checked: list[CheckedTitle] = []
    unchecked: list[PlannedTitle] = []
    incidents: list[str] = []
    for number in range(1, plan.batches + 1):
        for step in ("thumbnails", "reencoded", "checked"):
            try:
                content = store.get(batch_name(request, number, step))
            except FileNotFoundError:
                continue
            checked += CheckedBatch.model_validate_json(content).titles
            break
        else:
            incidents.append(f"batch {number} of {plan.batches} was not checked: see the log of its check task")
            unchecked += Batch.model_validate_json(store.get(batch_name(request, number, "plan"))).titles
    return plan, checked, unchecked, incidents


def feed_of(store: FileReader, request: RunRequest, spec: FeedSpec) -> FeedReport:
    """The report on one feed of the run, as far as its steps came."""
    draft, linted, published = (
        _record_of(store, feed_record_name(request, spec.name, step), model) for step, model in FEED_STEPS.items()
    )
    return feed_report(spec.name, spec.writer, request.dry_run, draft, linted, published)


def _record_of(store: FileReader, name: str, model: type[Record]) -> Any:
    try:
        return model.model_validate_json(store.get(name))
    except FileNotFoundError:
        return None


def pictures_of(store: FileReader, report: WindowReport) -> dict[str, bytes]:
    """Small copies of the thumbnails that the page shows; a thumbnail that cannot be read is left out."""
    small = {
        name: attempt(name, "making it small for the report", partial(_small_picture, store, name))
        for name in art_names_to_show(report)
    }
    return {name: picture for name, picture in small.items() if isinstance(picture, bytes)}


def _small_picture(store: FileReader, name: str) -> bytes:
    return small_picture(store.get(art_name(name)))
