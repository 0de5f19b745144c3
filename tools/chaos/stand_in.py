"""The sandbox as the proof has it: a process that may be killed and comes back on its ports with its state."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import httpx

from sandbox.server import SERVICES, Sandbox
from tools import settings
from tools.chaos import files, system
from tools.local import free_port

PROCESSING_S = 0.15
START_LIMIT_S = 600.0
"""The first start makes the sample's media, which takes a slow machine minutes."""
MEDIA = settings.PROJECT / "build" / "sandbox" / "media"


class StandIn:
    """One sandbox process and its admin service."""

    def __init__(self, folder: Path, *, ignore_idempotency: bool = False) -> None:
        self._folder, self._ignore_idempotency = folder, ignore_idempotency
        self.ports = {name: free_port() for name in (*SERVICES, "ftp")}
        self._admin = httpx.Client(base_url=f"http://127.0.0.1:{self.ports['admin']}", timeout=10, trust_env=False)
        self._process: dict[str, Any] | None = None
        self._faults: list[dict[str, Any]] = []
        self._offset_s = 0.0
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> None:
        """Starts it, with the faults and the clock that it should have; returns once it answers."""
        self._process = system.fork(self._serve, self._folder / "sandbox.log")
        deadline = time.monotonic() + START_LIMIT_S
        while time.monotonic() < deadline:
            try:
                self._admin.get("/health")
            except httpx.TransportError:
                time.sleep(0.02)
            else:
                return
        raise RuntimeError(f"the sandbox did not start, see {self._folder}/sandbox.log")

    def kill(self) -> bool:
        """kill -9; whether it ran."""
        running = self._process is not None and files.lives(self._process)
        system.end(self._process)
        self._process = None
        return running

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._process is not None

    def plan(self, faults: list[dict[str, Any]]) -> None:
        """These faults in the place of all others, also after a kill."""
        self._faults = faults
        self._call("PUT", "/faults", faults)

    def hits(self) -> list[dict[str, Any]]:
        """The faults with how often each struck since the last start."""
        return list(self._call("GET", "/faults").json())

    def move_clock(self, offset_s: float) -> None:
        """The partner's clock, also after a kill."""
        self._offset_s = offset_s
        self._call("PUT", "/clock", {"offset_s": offset_s})

    def release_stuck(self) -> None:
        """What a `stuck` fault holds goes on."""
        self._call("DELETE", "/contents/stuck")

    def reset(self) -> None:
        """The partner forgets everything; no fault, the right time."""
        self.plan([])
        self.move_clock(0.0)
        self._call("POST", "/reset")

    def contents(self) -> list[dict[str, Any]]:
        """What the partner has."""
        return list(self._call("GET", "/contents").json())

    def catalogue(self) -> dict[str, list[dict[str, Any]]]:
        """What EDYE offers."""
        return dict(self._call("GET", "/catalogue").json())

    def _call(self, method: str, path: str, body: Any = None) -> httpx.Response:
        return self._admin.request(method, path, json=body).raise_for_status()

    def _serve(self) -> None:
        parent = os.getppid()
        box = Sandbox(
            self._folder,
            processing_s=PROCESSING_S,
            faults=self._faults,
            media_dir=MEDIA,
            ports=self.ports,
            ignore_idempotency=self._ignore_idempotency,
            clock_offset_s=self._offset_s,
        )
        with box:
            while os.getppid() == parent:
                time.sleep(0.2)
