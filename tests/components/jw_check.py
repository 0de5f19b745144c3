"""The steps of the comparison with JW Player, run one after the other on a sandbox, with connections of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from edye_delivery.errors import WindowNotDone
from edye_delivery.operators.jw_player import (
    CheckJwRequestOperator,
    CompareWithEdyeOperator,
    ConfirmJwCheckOperator,
    FetchWholeCatalogueOperator,
    SweepMediaOperator,
)
from edye_delivery.reports.sync.model import SyncReport
from sandbox.edye_api import TOKEN
from sandbox.server import Sandbox
from tests.builders import the_annex

ROKU = "roku_premium_subs_mx"
JW_SECRET, JW_SITE = "jw-sandbox-secret", "siteEDYE"


def tms_annex(**changes: Any) -> Any:
    """The ROKU annex, sending the TMS id too."""
    metadata = the_annex().model_dump()["metadata"] | {"tms_id": {"external": "tms"}}
    return the_annex(metadata=metadata, **changes)


@dataclass
class Check:
    """One installation: its store, and the steps on it."""

    store: Path
    annexes: dict[str, Any]
    number: int = 0

    def run(self, **params: Any) -> SyncReport:
        """The report of a whole run; `self.error` is why its last task is red, else empty."""
        self.number += 1
        given = {"external_ids": [], "partner": None, "max_loss_percent": 2.0} | params
        run = SimpleNamespace(
            run_id=f"manual__{self.number}", run_after=datetime.now(UTC), conf=params, start_date=datetime.now(UTC)
        )
        context: Any = {"dag_run": run, "params": given}
        request = self._step(CheckJwRequestOperator, context)
        snapshot = self._step(FetchWholeCatalogueOperator, context, request=request)
        sweep = self._step(SweepMediaOperator, context, request=request, snapshot=snapshot)
        report = self._step(CompareWithEdyeOperator, context, request=request, snapshot=snapshot, sweep=sweep)
        self.error = ""
        try:
            ConfirmJwCheckOperator(task_id="confirm_check", report=report).execute(context)
        except WindowNotDone as error:
            self.error = str(error)
        self.files = [report["path"].replace(".json", f".{ending}") for ending in ("json", "html", "xlsx", "csv")]
        return SyncReport.model_validate_json((self.store / report["path"]).read_bytes())

    def _step(self, operator: Any, context: Any, **given: Any) -> Any:
        step = operator(task_id=f"step_{self.number}", annexes=self.annexes, **given)
        return json.loads(json.dumps(step.execute(context)))  # as XCom would carry it


def set_connections(
    box: Sandbox, folder: Path, monkeypatch: pytest.MonkeyPatch, secret: str = JW_SECRET, **jw_player: Any
) -> None:
    """The connections of an installation whose systems are the sandbox."""
    extra = {"site_id": JW_SITE, "delivery_host": box.jw_url, "trust_env": False} | jw_player
    known: dict[str, Any] = {
        "edye_api": {"conn_type": "http", "host": box.edye_url, "password": TOKEN, "extra": {"trust_env": False}},
        "jw_player": {"conn_type": "http", "host": box.jw_url, "password": secret, "extra": extra},
        "artifact_store": {"conn_type": "fs", "extra": {"path": str(folder / "artifacts")}},
        "delivery_ledger": {"conn_type": "sqlite", "host": str(folder / "ledger.sqlite")},
    }
    for conn_id, fields in known.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))


def found_in(report: SyncReport) -> dict[str, set[str]]:
    """For each rule, what its findings are on: EDYE ids of titles, else ids of media or playlists."""
    found: dict[str, set[str]] = {}
    for row in report.rows:
        for finding in row.findings:
            found.setdefault(finding.code, set()).add(row.edye_id or row.media_id)
    return found
