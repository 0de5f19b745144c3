"""A dag-processor keeps all partners but the one whose annex is bad, and shows one error until it is mended."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from sqlalchemy import select

from edye_delivery.annex.load import FOLDER_VARIABLE
from tests.airflow_home import prepare
from tests.builders import PROJECT, annex_file

prepare()
pytestmark = pytest.mark.proof
KINDS = ("deliver_api", "deliver_ftp", "redeliver", "withdraw")
GOOD = {f"{kind}__alpha" for kind in KINDS}
BAD = {f"{kind}__beta" for kind in KINDS}
TRAIL = {"ship_ingesta_logs", "ship_api_calls"}


def process_dag_files():
    """Lets a dag-processor parse every file once and store what it finds."""
    command = [sys.executable, "-m", "airflow", "dag-processor", "--num-runs", "1"]
    variables = os.environ | {"PYTHONPATH": f"{PROJECT}:{PROJECT / 'plugins'}"}
    answer = subprocess.run(command, env=variables, capture_output=True, text=True, timeout=240)
    assert answer.returncode == 0, answer.stderr[-3000:]


def stored():
    """The DAGs that can run, and the import errors, as Airflow has stored them."""
    from airflow.models.dag import DagModel
    from airflow.models.errors import ParseImportError
    from airflow.utils.session import create_session

    with create_session() as session:
        dags = session.scalars(select(DagModel.dag_id).where(~DagModel.is_stale, ~DagModel.has_import_errors)).all()
        errors = session.execute(select(ParseImportError.filename, ParseImportError.stacktrace)).all()
    return set(dags), [tuple(error) for error in errors]


def test_the_dag_processor_keeps_the_others_and_shows_one_error_until_the_annex_is_mended(tmp_path, monkeypatch):
    from airflow.utils.db import initdb

    initdb()
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    annex_file(tmp_path, "alpha")
    file = annex_file(tmp_path, "beta")
    good_text = file.read_text(encoding="utf-8")
    bad_text = good_text.replace("batch_size: 50", "batchsize: 50").replace("fail_on: any", "fail_on: anny")
    file.write_text(bad_text, encoding="utf-8")
    process_dag_files()
    dags, errors = stored()
    assert dags >= GOOD | TRAIL
    assert not BAD & dags
    ((place, told),) = errors
    assert place == "annex_errors.py"
    assert "beta.yaml: 2 defects" in told
    file.write_text(good_text, encoding="utf-8")
    process_dag_files()
    dags, errors = stored()
    assert dags >= GOOD | BAD | TRAIL
    assert errors == []
