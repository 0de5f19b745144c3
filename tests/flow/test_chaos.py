"""The short version of `make chaos`, and the proof that it can fail."""

import json
import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT

SEED = 20260301


def chaos(folder, *options):
    """Exit status, counts and what was told of a run of the command."""
    command = [sys.executable, "-m", "tools.chaos", "--seed", str(SEED), "--folder", str(folder), *options]
    env = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
    env |= {"PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    done = subprocess.run(command, env=env, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=900)
    assert done.returncode in (0, 1), done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.mark.parametrize("rounds", [2, pytest.param(10, marks=pytest.mark.proof)])
def test_rounds_of_trouble_lose_nothing_send_nothing_twice_and_leave_no_wrong_state(tmp_path, rounds):
    status, counts, told = chaos(tmp_path, "--rounds", str(rounds))
    assert (counts["lost"], counts["duplicated"], counts["wrong_state"]) == (0, 0, 0), told
    assert (status, counts["rounds"]) == (0, rounds)
    assert counts["titles"] >= 4 * rounds
    assert "kill_" in told


@pytest.mark.proof
def test_a_lost_ledger_and_a_partner_without_keys_are_counted_with_the_command_to_repeat(tmp_path):
    status, counts, told = chaos(tmp_path, "--rounds", "1", "--quiet", "--forget")
    assert (status, counts["lost"]) == (1, 0)
    assert counts["duplicated"] >= 2
    assert f"--seed {SEED} --first 0 --rounds 1" in told
