"""A table of FTP calls against servers that never end: seconds and memory of each are bounded (make proofs)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT
from tests.proofs.outgoing_ftp import CALLS

pytestmark = pytest.mark.proof
SECONDS_MAX = 30.0
"""The bounds in the program are of a second; a busy machine takes the rest."""
GROWTH_MAX_MIB = 40.0


@pytest.mark.parametrize("peer", CALLS)
def test_whatever_an_ftp_server_does_a_call_ends_in_bounded_time_and_memory(peer, capsys):
    command = [sys.executable, "-m", "tests.proofs.outgoing_ftp", peer]
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])
    done = subprocess.run(
        command, cwd=PROJECT, env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    row = json.loads(done.stdout)
    with capsys.disabled():
        print(f"\nFTP  {peer:34} {row['seconds']:6.1f} s {row['grown_mib']:6.1f} MiB  {row['outcome'][:150]}")
    assert row["seconds"] < SECONDS_MAX
    assert row["grown_mib"] < GROWTH_MAX_MIB
    assert row["outcome"].split(":")[0] in {"TooSlow", "Transient", "AnswerMalformed", "FileTooLarge", "gave None"}
