"""Starts a plain server in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tools.processes import Processes, last_lines


def start_server(processes: Processes, folder: Path, *arguments: str) -> str:
    """The base URL of a plain server (`benchmarks.servers`) that runs until `processes` ends it."""
    command = [sys.executable, "-m", "benchmarks.servers", *arguments]
    _, endpoint = told_by(processes, arguments[0], command, folder / f"{arguments[0]}.log")
    return f"http://127.0.0.1:{endpoint['port']}"


def start_sandbox(processes: Processes, state: Path, *options: str) -> tuple[subprocess.Popen[bytes], dict[str, str]]:
    """The sandbox on free ports, everything it keeps in `state`: its process and the URLs that it tells."""
    command = [sys.executable, "-m", "sandbox", "serve", "--state-dir", str(state), *options]
    return told_by(processes, "sandbox", command, state / "sandbox.log")


def start_cluster(processes: Processes, folder: Path, name: str) -> str:
    """The address of a stand-in for Elasticsearch, in a process of its own."""
    command = [sys.executable, "-m", "sandbox.elasticsearch"]
    return f"http://127.0.0.1:{told_by(processes, name, command, folder / f'{name}.log')[1]['port']}"


def told_by(
    processes: Processes, name: str, command: list[str], log: Path
) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """A server's process, and the line of JSON with which it tells that it serves."""
    child = processes.start(name, command, log, os.environ, stdout=subprocess.PIPE)
    line = child.stdout.readline() if child.stdout else b""
    if not line:
        raise SystemExit(f"the {name} server did not start:\n{last_lines(log)}")
    return child, json.loads(line)
