"""`ledger prune`: says what it would delete, deletes it with --yes, and refuses what it does not know."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.command_line.app import app
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import EVENTS
from tests.builders import a_movie, a_plan

PARTNER = "roku_premium_subs_mx"
LONG_AGO = datetime.now(UTC) - timedelta(days=700)


@pytest.fixture
def ledger(tmp_path):
    """A ledger with a title that was accepted long ago, its events shipped."""
    path = tmp_path / "ledger.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    plan = a_plan(a_movie())
    writer = Ledger(engine, lambda: LONG_AGO)
    writer.plan(PARTNER, "run", [plan])
    writer.begin_send(plan.delivery_key, "run")
    writer.mark_received(plan.delivery_key, "t-1", 1, 1.0)
    writer.observe(plan.delivery_key, DeliveryState.COMPLETED)
    writer.accept(PARTNER, plan, [])
    with engine.begin() as connection:
        connection.execute(update(EVENTS).values(shipped_at=LONG_AGO))
    engine.dispose()
    return path


@pytest.fixture
def artifacts(tmp_path):
    """A store with the files of two old runs, an old encode and an unfinished file."""
    folder = tmp_path / "artifacts"
    for name in (
        f"runs/{PARTNER}/20240101T060000Z/run-1/report.html",
        f"runs/{PARTNER}/20240201T060000Z/run-2/report.html",
        "encodes/ab/ab1-0123.mp4",
        "art/ab/.x.part",
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"12345")
        os.utime(path, (LONG_AGO.timestamp(), LONG_AGO.timestamp()))
    return folder


def pruned(*arguments):
    result = CliRunner().invoke(app, ["ledger", "prune", *map(str, arguments)])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result


def counts(ledger, artifacts):
    engine = open_engine(f"sqlite:///{ledger}")
    with engine.connect() as connection:
        events = connection.execute(select(func.count()).select_from(EVENTS)).scalar_one()
    engine.dispose()
    return events, sum(path.is_file() for path in artifacts.rglob("*"))


def test_without_yes_it_only_says_what_it_would_delete(ledger, artifacts):
    result = pruned("--ledger", ledger, "--artifacts", artifacts)
    assert (result.exit_code, counts(ledger, artifacts)) == (0, (5, 4))
    lines = result.stdout.splitlines()
    assert lines[0].endswith("what would be deleted (--yes)")
    assert any(line.startswith(f"{PARTNER}: 3 events from before ") for line in lines)
    assert f"{PARTNER}: files of runs, older than 180 days: 1 file, 5 bytes" in lines
    assert "encodes, older than 90 days: 1 file, 5 bytes" in lines
    assert "unfinished .part files: 1 file, 5 bytes" in lines


def test_with_yes_it_deletes_that_and_a_second_time_nothing(ledger, artifacts):
    said = pruned("--ledger", ledger, "--artifacts", artifacts).stdout.splitlines()[1:]
    result = pruned("--ledger", ledger, "--artifacts", artifacts, "--yes")
    assert result.stdout.splitlines()[1:] == said
    assert counts(ledger, artifacts) == (2, 1)
    again = pruned("--ledger", ledger, "--artifacts", artifacts, "--yes")
    assert (again.exit_code, "files" in again.stdout, ": 0 events" in again.stdout) == (0, False, True)


def test_one_partner_s_pruning_leaves_what_all_share(ledger, artifacts):
    pruned("--ledger", ledger, "--artifacts", artifacts, "--yes", "--partner", PARTNER)
    assert counts(ledger, artifacts) == (2, 3)


def test_an_unknown_partner_a_ledger_and_a_store_that_are_not_there_are_refused(ledger, artifacts, tmp_path):
    for arguments, sentence in (
        (["--ledger", ledger, "--artifacts", artifacts, "--partner", "none"], "there is no annex of 'none'"),
        (["--ledger", tmp_path / "none.sqlite", "--artifacts", artifacts], "there is no ledger at"),
        (["--ledger", ledger, "--artifacts", tmp_path / "none"], "there is no folder"),
    ):
        result = pruned(*arguments, "--yes")
        assert (result.exit_code, sentence in result.stderr) == (2, True), result.stderr
