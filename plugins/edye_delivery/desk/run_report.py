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
from edye_delivery.desk.navigation import title_address
from edye_delivery.hooks.artifacts import ArtifactHook
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
ENDED_WELL = ("accepted", "withdrawn")
NAMED_MAX = 100
"""So many titles of a run are named on its page with a link; the report has all."""


@dataclass(frozen=True, slots=True)
class TitleToMend:
    """A title of a run that needs somebody: its page's address, and what the report says of it."""

    address: str
    title: TitleReport


@dataclass(frozen=True, slots=True)
class ReportHead:
    """What a report says of the whole run, and the first titles that need somebody.

    `is_too_large` where its page is not shown in place; then nothing of it is read.
    """

    facts: Mapping[str, Any]
    is_too_large: bool
    to_mend: tuple[TitleToMend, ...] = ()


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
    partner = found["partner"] if found else ""
    return ReportHead(facts, is_too_large=False, to_mend=tuple(islice(_to_mend(partner, known), NAMED_MAX)))


def _to_mend(partner: str, report: Mapping[str, Any]) -> Iterator[TitleToMend]:
    """The titles that need somebody, in the report's order."""
    listed = report.get("titles")
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("state") not in ENDED_WELL:
            try:
                title = TitleReport.model_validate_json(orjson.dumps(one))
            except ValidationError:
                continue
            if title.needs_work:
                yield TitleToMend(title_address(partner, title.external_id), title)


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
