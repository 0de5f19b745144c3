"""The report of a run as the artifact store has it: its files, and what the desk's page says of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from pydantic import ValidationError

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.desk.airflow_runs import RunDetails
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.ledger.title_counts import ENDED_WELL
from edye_delivery.reports.model import TitleReport

ENDINGS = {
    "html": "text/html; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}
REPORT_PATH = re.compile(r"runs/(?P<partner>[A-Za-z0-9_-]+)/[A-Za-z0-9_-]+/[A-Za-z0-9_-]+/report\.json")
SHOWN_MAX_BYTES = 32_000_000
"""A larger report is offered as a file only: the page would take too long to read it."""
HEAD = ("colour", "window", "mode", "dry_run", "reason", "notice", "totals", "causes", "incidents", "alerts", "to_do")
NAMED_MAX = 100
"""So many titles of a run are named on its page with a link; the report has all."""


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What a report says of the whole run, and its first titles that need somebody.

    `partner` is the partner's name in the ledger. `is_too_large` where its page is not shown in place; then nothing of
    it is read.
    """

    facts: Mapping[str, Any]
    is_too_large: bool
    partner: str = ""
    titles: tuple[TitleReport, ...] = ()


def report_path(details: RunDetails, partners: tuple[str, ...]) -> str | None:
    """The name of the run's report.json in the artifact store; None where it has none of one of these partners."""
    path = str((details.report or {}).get("path", ""))
    found = REPORT_PATH.fullmatch(path)
    return path if found and found["partner"] in partners else None


def file_name(path: str, ending: str) -> str:
    """The name of one format of the report whose report.json has this name."""
    return f"{path.removesuffix('json')}{ending}"


def report_head(path: str) -> ReportHead:
    """What the report says of the run; FileNotFoundError where the file is gone, StoreUnavailable."""
    store = ArtifactHook().get_conn()
    if store.size(path) > SHOWN_MAX_BYTES:
        return ReportHead({}, is_too_large=True)
    try:
        content = orjson.loads(store.get(path))
    except orjson.JSONDecodeError:
        content = {}
    known = content if isinstance(content, dict) else {}
    facts = {name: known.get(name) for name in HEAD}
    found = REPORT_PATH.fullmatch(path)
    titles = tuple(islice(_titles_with_work(known), NAMED_MAX))
    return ReportHead(facts, is_too_large=False, partner=found["partner"] if found else "", titles=titles)


def _titles_with_work(report: Mapping[str, Any]) -> Iterator[TitleReport]:
    """The titles that need somebody, in the report's order."""
    listed = report.get("titles")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and str(one.get("state")) not in ENDED_WELL:
            try:
                title = TitleReport.model_validate_json(orjson.dumps(one))
            except ValidationError:
                continue
            if title.needs_work:
                yield title


def report_file(path: str, ending: str) -> tuple[int, Iterator[bytes]]:
    """Size and blocks of one format; FileNotFoundError where the file is gone, StoreUnavailable."""
    store = ArtifactHook().get_conn()
    name = file_name(path, ending)
    return store.size(name), store.stream(name)


def request_of(details: RunDetails) -> RunRequest | None:
    """The request that the run's first step checked; None where it did not come so far."""
    try:
        return RunRequest.model_validate(details.request) if details.request else None
    except ValidationError:
        return None
