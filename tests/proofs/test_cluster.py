"""`make cluster CHAOS=1` in small: kills on the distributed engine lose no title, and none arrives twice."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
SOONER = {
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "30",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "40",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "10",
}
"""So that a small run does not wait for what production may wait for."""
TITLES, PARTNERS, TIMEOUT_S = 12, 2, 900
SEED, FIRST_STRIKES = 198, ["worker-transfer", "valkey", "postgresql"]
"""A worker in the middle of uploads, the broker and the database, within half a minute; more where there is time."""


def test_kills_on_the_distributed_engine_lose_no_title_and_none_arrives_twice(tmp_path):
    command = [sys.executable, "-m", "tools.cluster", "--titles", str(TITLES), "--partners", str(PARTNERS)]
    command += ["--chaos", "--seed", str(SEED), "--folder", str(tmp_path / "cluster")]
    paths = os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    answer = subprocess.run(
        command,
        cwd=PROJECT,
        env={**environment, **SOONER, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
    )
    assert answer.returncode == 0, answer.stderr[-4000:]
    told = json.loads(answer.stdout.splitlines()[-1])
    titles = TITLES * PARTNERS
    assert (told["titles"], told["accepted"], told["lost"], told["duplicated"]) == (titles, titles, 0, 0)
    assert told["struck"][: len(FIRST_STRIKES)] == FIRST_STRIKES
