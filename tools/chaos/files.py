"""Files that the processes of the engine share: JSON, whole or not at all, because a kill may come at any time."""

from __future__ import annotations

import contextlib
import json
import os
from pathlib import Path
from typing import Any

from tools.processes import birth_of


def write(path: Path, content: Any) -> None:
    """Writes JSON and replaces an older file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    os.replace(fresh, path)


def read(path: Path) -> Any:
    """The JSON of a file; None where there is none."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def claim(path: Path, content: Any) -> bool:
    """Makes a file that one process alone can make; whether it was this one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.write_text(json.dumps(content), encoding="utf-8")
    try:
        os.link(fresh, path)
    except FileExistsError:
        return False
    finally:
        fresh.unlink()
    return True


def this_process() -> dict[str, Any]:
    """Pid and birth of the calling process."""
    return {"pid": os.getpid(), "birth": birth_of(os.getpid())}


def lives(process: dict[str, Any]) -> bool:
    """Whether the process of a record still runs."""
    return process["birth"] is not None and birth_of(process["pid"]) == process["birth"]


def kill(process: dict[str, Any], number: int) -> bool:
    """Sends a signal to exactly this process; whether it was there."""
    if not lives(process):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(process["pid"], number)
    return True
