"""The files of a round of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tools.chaos import files


@dataclass(frozen=True, slots=True)
class Round:
    """One round's folder: runs, ledger, artifacts, scratch, logs."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """The ledger's file."""
        return self.folder / "ledger.sqlite"

    @property
    def artifacts(self) -> Path:
        """The artifact store."""
        return self.folder / "artifacts"

    @property
    def scratch(self) -> Path:
        """The temp folder of every task."""
        return self.folder / "scratch"

    @property
    def log(self) -> Path:
        """The logs of tasks, scheduler and triggerer."""
        return self.folder / "engine.log"

    @property
    def inflicted(self) -> Path:
        """The troubles that task processes bring upon themselves (`tools.chaos.inflict`)."""
        return self.folder / "inflicted"

    def runs(self) -> list[Run]:
        """All runs that were asked for, oldest first."""
        return [Run(path.parent) for path in sorted(self.folder.glob("runs/*/run.json"))]


@dataclass(frozen=True, slots=True)
class Run:
    """One run's folder; `run.json` asks for it, `ended.json` says how it ended."""

    folder: Path

    def ask(self, conf: dict[str, Any], dag: str) -> None:
        """Asks the scheduler for this run of a DAG, named as in `system.the_graphs`."""
        asked_at = datetime.now(UTC).isoformat()
        request = {"run_id": f"chaos__{self.folder.name}", "dag": dag, "conf": conf, "asked_at": asked_at}
        files.write(self.folder / "run.json", request)

    @property
    def asked(self) -> dict[str, Any]:
        """Run id, DAG, conf, and when it was asked for."""
        return dict(files.read(self.folder / "run.json"))

    @property
    def ended(self) -> str | None:
        """`success` or `failed`; None while it runs."""
        end = files.read(self.folder / "ended.json")
        return end["state"] if end else None

    def end(self, state: str) -> None:
        """Says how the run ended."""
        files.write(self.folder / "ended.json", {"state": state})

    def row(self, name: str) -> Path:
        """What the scheduler knows of a task instance."""
        return self.folder / "instances" / f"{name}.json"

    def xcom(self, name: str) -> Path:
        """What a task instance returned."""
        return self.folder / "xcoms" / f"{name}.json"

    def claim(self, name: str, start: int) -> Path:
        """Which process works on a start of a task instance."""
        return self.folder / "starts" / f"{name}.{start}.claim"

    def asleep(self, name: str, start: int) -> Path:
        """Notes that the process of a start was stopped and no longer answers."""
        return self.folder / "starts" / f"{name}.{start}.asleep"

    def result(self, name: str, start: int) -> Path:
        """How a start of a task instance ended."""
        return self.folder / "starts" / f"{name}.{start}.result"

    def trigger(self, name: str, start: int) -> Path:
        """The trigger that a start deferred to."""
        return self.folder / "triggers" / f"{name}.{start}.trigger"

    def event(self, name: str, start: int) -> Path:
        """The event of that trigger."""
        return self.folder / "triggers" / f"{name}.{start}.event"

    def claims(self, task_id: str) -> Iterator[dict[str, Any]]:
        """The processes that worked or work on a task."""
        for path in sorted(self.folder.glob(f"starts/{task_id}.*.claim")):
            yield files.read(path)
