"""Starts a plain server (`benchmarks.servers`) in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tools.processes import Processes, last_lines


def start_server(processes: Processes, folder: Path, *arguments: str) -> str:
    """The base URL of a server that runs until `processes` ends it."""
    log = folder / f"{arguments[0]}.log"
    command = [sys.executable, "-m", "benchmarks.servers", *arguments]
    child = processes.start(arguments[0], command, log, os.environ, stdout=subprocess.PIPE)
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise SystemExit(f"the {arguments[0]} server did not start:\n{last_lines(log)}")
    return f"http://127.0.0.1:{json.loads(line)['port']}"


def start_sandbox(processes: Processes, state: Path, *options: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """The sandbox on free ports, everything it keeps in `state`: its process and the URLs that it tells."""
    command = [sys.executable, "-m", "sandbox", "serve", "--state-dir", str(state), *options]
    child = processes.start("sandbox", command, state / "sandbox.log", os.environ, stdout=subprocess.PIPE)
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise SystemExit(f"the sandbox did not start:\n{last_lines(state / 'sandbox.log')}")
    return child, json.loads(line)
