"""The records that the steps of a feed or of a generation left in the artifact store, found by the steps' results."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TypeVar

from pydantic import ValidationError

from edye_delivery.catalog.feed_records import FEED_STEPS
from edye_delivery.catalog.generation_records import CheckedGeneration, PublishedGeneration
from edye_delivery.catalog.plan import Record
from edye_delivery.desk.airflow_results import TaskResult, latest_results
from edye_delivery.hooks.artifacts import ArtifactHook, ArtifactStore
from edye_delivery.reports.feed_model import FeedReport, feed_report

PATH = re.compile(
    r"runs/(?P<partner>[A-Za-z0-9_-]+)/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/(?P<part>feed-[a-z0-9_]+|generation)/[a-z]+\.json"
)
ASSEMBLE = ("feed.assemble_feed",)
PUBLISH_GENERATION, CHECK_EXPOSURE = ("publish_generation", "publish_withdrawals"), ("check_exposure",)
RECORD_MAX_BYTES = 4_000_000
Model = TypeVar("Model", bound=Record)


@dataclass(frozen=True, slots=True)
class GenerationRun:
    """What one run published, and what its check found; None where the files are gone or the step did not end."""

    dag_id: str
    run_id: str
    number: int | None
    published: PublishedGeneration | None
    checked: CheckedGeneration | None


def feed_runs(
    dag_ids: Collection[str], partner: str, feed: str, limit: int, run_ids: Collection[str] | None = None
) -> tuple[TaskResult, ...]:
    """The latest runs that assembled the feed, the newest first; each once."""
    found: dict[tuple[str, str], TaskResult] = {}
    for one in latest_results(dag_ids, ASSEMBLE, limit, run_ids):
        if _folder_of(one, partner, f"feed-{feed}"):
            found.setdefault((one.dag_id, one.run_id), one)
    return tuple(found.values())


def report_of(run: TaskResult, partner: str, feed: str, writer: str) -> FeedReport | None:
    """How the feed ended in the run; None where its files are gone. StoreUnavailable."""
    folder, store = _folder_of(run, partner, f"feed-{feed}"), ArtifactHook().get_conn()
    draft, linted, published = (_record(store, f"{folder}/{step}.json", model) for step, model in FEED_STEPS.items())
    if draft is None:
        return None
    return feed_report(feed, writer, False, draft, linted, published)  # type: ignore[arg-type]


def generation_runs(dag_ids: Collection[str], partner: str, limit: int) -> tuple[GenerationRun, ...]:
    """The latest runs that published a generation, the newest first. StoreUnavailable."""
    published: dict[tuple[str, str], TaskResult] = {}
    for one in latest_results(dag_ids, PUBLISH_GENERATION, 2 * limit):
        if len(published) < limit and _folder_of(one, partner, "generation"):
            published.setdefault((one.dag_id, one.run_id), one)
    run_ids = {run_id for _, run_id in published}
    checked = {
        (one.dag_id, one.run_id): one
        for one in latest_results(dag_ids, CHECK_EXPOSURE, len(run_ids) * len(dag_ids), run_ids)
        if _folder_of(one, partner, "generation")
    }
    store = ArtifactHook().get_conn() if published else None
    return tuple(_generation_run(store, key, one, checked.get(key)) for key, one in published.items() if store)


def _generation_run(
    store: ArtifactStore, key: tuple[str, str], published: TaskResult, checked: TaskResult | None
) -> GenerationRun:
    number = published.value.get("generation")
    return GenerationRun(
        *key,
        number if isinstance(number, int) else None,
        _record(store, str(published.value["path"]), PublishedGeneration),
        _record(store, str(checked.value["path"]), CheckedGeneration) if checked is not None else None,
    )


def _folder_of(one: TaskResult, partner: str, part: str) -> str:
    """The folder of the records in the artifact store; empty for a path that is none of this partner and part."""
    path = str(one.value.get("path", ""))
    found = PATH.fullmatch(path)
    is_ours = found is not None and found["partner"] == partner and found["part"] == part
    return path.rpartition("/")[0] if is_ours else ""


def _record(store: ArtifactStore, name: str, model: type[Model]) -> Model | None:
    """The record; None where the file is gone, or is not what this program writes."""
    try:
        if store.size(name) > RECORD_MAX_BYTES:
            return None
        return model.model_validate_json(store.get(name))
    except (FileNotFoundError, ValidationError):
        return None
