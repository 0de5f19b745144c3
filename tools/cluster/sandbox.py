"""The sandbox with a generated catalogue, for every partner of the cluster."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.local import PROJECT, SANDBOX_STATE
from tools.processes import Processes, last_lines


def start_sandbox(processes: Processes, state: Path, titles: int) -> dict[str, str]:
    """Starts a sandbox on free ports and returns its addresses. Media that were made before are used again."""
    command = [sys.executable, "-m", "sandbox", "serve", "--state-dir", str(state), "--processing-s", "0"]
    command += ["--catalogue", f"generated:{titles}", "--media-dir", str(SANDBOX_STATE / "media")]
    log = state / "sandbox.log"
    variables = {**os.environ, "PYTHONPATH": str(PROJECT)}
    child = processes.start("sandbox", command, log, variables, stdout=subprocess.PIPE)
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise SystemExit(f"the sandbox did not start:\n{last_lines(log)}")
    endpoints: dict[str, str] = json.loads(line)
    return endpoints
