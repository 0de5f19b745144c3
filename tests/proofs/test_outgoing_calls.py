"""A table of every outgoing call against peers that never end: its seconds and its memory are bounded (make proofs)."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT
from tests.proofs.outgoing_calls import CALLS

pytestmark = pytest.mark.proof
SECONDS_MAX = 45.0  # a stream that trickles is given its span of 30 s, on a machine that may be busy
"""The bounds in the program are of a second; a busy machine and botocore's own tries take the rest."""
GROWTH_MAX_MIB = 160.0


@pytest.mark.parametrize("call", CALLS)
def test_whatever_the_peer_does_a_call_ends_in_bounded_time_and_memory(call, capsys):
    command = [sys.executable, "-m", "tests.proofs.outgoing_calls", call]
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])
    environment = os.environ | {"PYTHONPATH": path, "NO_PROXY": "127.0.0.1"}
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert rows
    with capsys.disabled():
        print()
        for row in rows:
            print(f"{call:30} {row['peer']:30} {row['seconds']:6.1f} s {row['peak_mib']:6.0f} MiB  {row['outcome']}")
    assert max(row["seconds"] for row in rows) < SECONDS_MAX
    assert max(row["peak_mib"] for row in rows) - min(row["peak_mib"] for row in rows) < GROWTH_MAX_MIB
