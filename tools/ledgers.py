"""`make migrate`: the ledgers in build/ get this program's revision; `make run` and `make up` do it for theirs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tools.settings import PROJECT

OWN = ("build/ledger.sqlite", "build/run-ftp/ledger.sqlite")


def start_migration(ledger: Path) -> subprocess.Popen[str] | None:
    """Starts the migration of a ledger; None if the ledger does not exist yet."""
    if not ledger.exists():
        return None
    command = [sys.executable, "-m", "edye_delivery", "ledger", "migrate", "--ledger", str(ledger)]
    variables = {**os.environ, "PYTHONPATH": str(PROJECT / "plugins")}
    return subprocess.Popen(command, cwd=PROJECT, env=variables, stdout=subprocess.PIPE, text=True)


def finish_migration(migration: subprocess.Popen[str] | None) -> None:
    """Waits for the migration and prints its output; SystemExit if it failed, which its output has said."""
    if migration is None:
        return
    output, _ = migration.communicate()
    print(output, end="")
    if migration.returncode:
        raise SystemExit(migration.returncode)


if __name__ == "__main__":
    for name in OWN:
        finish_migration(start_migration(PROJECT / name))
