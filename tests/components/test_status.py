"""`status` where Airflow is set up: the ledger of its connection, and what it says where there is none."""

from __future__ import annotations

import json

import pytest

from edye_delivery.command_line import which_ledger
from tests.unit.command_line.days import Days, called, the_plan

CONNECTION = "AIRFLOW_CONN_DELIVERY_LEDGER"


@pytest.fixture
def days(tmp_path, monkeypatch):
    """A ledger with one failed title, and a project that has no ledger of its own."""
    monkeypatch.setattr(which_ledger, "OWN_LEDGER", tmp_path / "own.sqlite")
    monkeypatch.delenv(CONNECTION, raising=False)
    days = Days(tmp_path / "ledger.sqlite")
    days.failed(the_plan())
    return days


def test_status_reads_the_ledger_of_the_connection_and_prints_the_document_alone(days, monkeypatch):
    monkeypatch.setenv(CONNECTION, json.dumps({"conn_type": "sqlite", "host": str(days.path)}))
    result = called("--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["ledger"] == str(days.path)


def test_a_ledger_that_is_given_wins_over_the_connection(days, monkeypatch):
    monkeypatch.setenv(CONNECTION, json.dumps({"conn_type": "sqlite", "host": "elsewhere.sqlite"}))
    assert days().exit_code == 1


def test_without_the_connection_the_project_s_own_is_looked_at_and_that_is_said(days):
    result = called()
    assert result.exit_code == 2
    assert "Airflow knows no connection delivery_ledger; reading the project's own ledger" in result.stderr
    assert "there is no ledger at" in result.stderr


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"conn_type": "mysql", "host": "h"}, "the ledger needs sqlite or postgres"),
        ({"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "schema": "edye"}, ":1/edye cannot be read"),
    ],
    ids=["another database", "no server"],
)  # fmt: skip
def test_a_connection_that_leads_to_no_ledger_is_a_sentence_without_its_password(days, monkeypatch, fields, told):
    monkeypatch.setenv(CONNECTION, json.dumps({"login": "u", "password": "geheim", **fields}))
    result = called()
    assert (result.exit_code, result.stdout) == (2, "")
    assert told in result.stderr
    assert "geheim" not in result.output
