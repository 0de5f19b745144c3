"""The engine's triggerer: runs every trigger that has no event yet; after a kill it starts them over."""

from __future__ import annotations

import asyncio
import os
import traceback
from pathlib import Path

from airflow.sdk.module_loading import import_string

from tools.chaos import files
from tools.chaos.places import Round

TICK_S = 0.02


def serve(place: Round) -> None:
    """Runs triggers until the process that started it is gone."""
    asyncio.run(_serve(place, os.getppid()))


async def _serve(place: Round, parent: int) -> None:
    at_work: dict[Path, asyncio.Task[None]] = {}
    while os.getppid() == parent:
        for path in place.folder.glob("runs/*/triggers/*.trigger"):
            if path not in at_work and not path.with_suffix(".event").exists():
                at_work[path] = asyncio.create_task(_run(path))
        await asyncio.sleep(TICK_S)


async def _run(path: Path) -> None:
    """The trigger's first event, as the resumed task is given it; a trigger that fails resumes the task to fail."""
    described = files.read(path)
    try:
        trigger = import_string(described["path"])(**described["arguments"])
        async for event in trigger.run():
            files.write(path.with_suffix(".event"), {"event": event.payload})
            return
        raise RuntimeError("the trigger ended without an event")
    except Exception:
        traceback.print_exc()
        files.write(path.with_suffix(".event"), {"failed": traceback.format_exc()})
