"""`rclone serve ftp` for tests and proofs: a real server by pip, on loopback only, its files in one folder.

It says 450 where others say 550, lists no REST, and writes a file that is gone on with from its beginning.
"""

from __future__ import annotations

import os
import secrets
import socket
import subprocess
import sysconfig
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.vsftpd import HOST, end_server, greeting

LOGIN = "edye"
START_S = 20.0


class RcloneFailed(RuntimeError):
    """The server did not start; the message has what it said."""


@dataclass(frozen=True, slots=True)
class RcloneServer:
    """A server that accepts connections; its `/` is `root`."""

    port: int
    root: Path
    password: str


@contextmanager
def rclone_server(folder: Path) -> Iterator[RcloneServer]:
    """A server for the time of the block."""
    root, said, password = folder / "root", folder / "rclone.said", secrets.token_hex(16)
    root.mkdir(parents=True)
    with socket.create_server((HOST, 0)) as listener:
        port = int(listener.getsockname()[1])
    program = str(Path(sysconfig.get_path("scripts")) / "rclone")
    command = [program, "serve", "ftp", str(root), "--addr", f"{HOST}:{port}", "--user", LOGIN]
    with said.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={"RCLONE_CONFIG": os.devnull, "RCLONE_PASS": password, "RCLONE_CACHE_DIR": str(folder / "cache")},
            start_new_session=True,
        )
    try:
        _wait_for_greeting(process, port, said)
        yield RcloneServer(port, root, password)
    finally:
        end_server(process)


def _wait_for_greeting(process: subprocess.Popen[bytes], port: int, said: Path) -> None:
    until = time.monotonic() + START_S
    while process.poll() is None and time.monotonic() < until:
        if greeting(port).startswith("220"):
            return
        time.sleep(0.02)
    raise RcloneFailed(f"rclone does not greet, it said: {said.read_text(encoding='utf-8', errors='replace')}")
