"""A delivery API of its own in real processes, with annexes, a ledger with tokens, and generations."""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import httpx

from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.delivery_api.media_sources import SECRET_VARIABLE
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.database import open_engine
from tests.unit.delivery_api.world import World
from tests.waiting import until

PROJECT = Path(__file__).parents[2]
START_MAX_S = 120


def now() -> datetime:
    """The present moment."""
    return datetime.now(UTC)


class DeliveryApi:
    """Starts and stops `serve-api` on a free port; the world makes annexes and generations."""

    def __init__(self, folder: Path, signing_secret: str = "") -> None:
        self._signing_secret = signing_secret
        self.world = World(folder, now=now())
        self.ledger = folder / "ledger.sqlite"
        self.engine = open_engine(f"sqlite:///{self.ledger}")
        self.tokens = ApiTokens(self.engine, now)
        self._output = folder / "output.txt"
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *options: str, workers: int = 2, open_files: tuple[int, int] | None = None) -> None:
        """Waits until all workers serve; `open_files` is the soft and the hard limit that the program starts with."""
        command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", str(self.world.root), "--port", "0"]
        command += ["--annexes", str(self.world.annexes), "--ledger", str(self.ledger), "--workers", str(workers)]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [*command, *options],
                stdout=output,
                stderr=output,
                env={**os.environ, "PYTHONPATH": str(PROJECT / "plugins"), "PYTHONUNBUFFERED": "1"}
                | ({SECRET_VARIABLE: self._signing_secret} if self._signing_secret else {}),
                preexec_fn=open_files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, open_files)),
            )
        found = until(self._address, "the start of the delivery API", START_MAX_S)
        self.url = found[1]

    def _address(self) -> re.Match[str] | None:
        assert self.process is not None
        assert self.process.poll() is None, self.output
        return re.search(r"serves \d+ partners? at (http://\S+)\n", self.output)

    @property
    def output(self) -> str:
        """What the program has printed."""
        return self._output.read_text(encoding="utf-8")

    def publish(self, partner: str, *changes: ItemChange, **options: object) -> None:
        """A generation that readers see."""
        self.world.publish(partner, *changes, **options)

    def get(self, path: str, token: str | None = None, **headers: str) -> httpx.Response:
        """One call on a connection of its own."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        return httpx.get(f"{self.url}{path}", headers=sent, timeout=30)

    @property
    def workers(self) -> list[int]:
        """The processes that serve."""
        assert self.process is not None
        pid = self.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]

    def stop(self) -> int:
        """Ends the program as an operator does; its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def close(self) -> None:
        """Ends it however it is."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.engine.dispose()
