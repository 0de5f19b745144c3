"""The FTP servers of the figure `ftp`, each in a process of its own: the sandbox's pyftpdlib and a real vsftpd.

`python -m benchmarks.ftp_servers FOLDER` is the former alone, without the rest of the sandbox: it serves FOLDER/root,
prints {"port": ...} and goes on until it is ended.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.serving import told_by
from sandbox.faults import FaultPlan
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD, FtpHost
from sandbox.journal import Journal
from sandbox.store import Store
from tests.vsftpd import vsftpd_path, vsftpd_server
from tools.processes import Processes

HOST = "127.0.0.1"
NO_VSFTPD = "vsftpd is not installed: `apt-get install vsftpd`"


@dataclass(frozen=True, slots=True)
class FtpServer:
    """Where a server is, how to log in, and a folder to upload to: its path on the server and on the disk."""

    port: int
    login: str
    password: str
    folder: str
    disk: Path

    def url(self, name: str) -> str:
        """A file of the folder, for curl: %2F makes the path an absolute one (RFC 1738, 3.2.2)."""
        return f"ftp://{self.login}:{self.password}@{HOST}:{self.port}/%2F{self.folder[1:]}/{name}"

    def job(self) -> dict[str, str | int]:
        """What `benchmarks.sending` has to know of it."""
        names = ("port", "login", "password", "folder")
        return {"host": HOST, **{name: getattr(self, name) for name in names}}


@contextmanager
def sandbox_server(folder: Path) -> Iterator[FtpServer]:
    """The sandbox's server alone: nobody picks up what arrives."""
    disk = folder / "root" / "uploads"
    disk.mkdir(parents=True)
    with Processes() as processes:
        command = [sys.executable, "-m", "benchmarks.ftp_servers", str(folder)]
        _, endpoint = told_by(processes, "ftp", command, folder / "ftp.log")
        yield FtpServer(int(endpoint["port"]), FTP_LOGIN, FTP_PASSWORD, "/uploads", disk)


@contextmanager
def real_server(folder: Path) -> Iterator[FtpServer | None]:
    """A vsftpd; None where it is not installed. It has no chroot: its paths are the disk's."""
    if vsftpd_path() is None:
        yield None
        return
    with vsftpd_server(folder) as server:
        yield FtpServer(server.port, server.login, server.password, str(server.root), server.root)


if __name__ == "__main__":
    home = Path(sys.argv[1])
    host = FtpHost(home / "root", Journal(Store(home / "journal.sqlite")), FaultPlan([]))
    print(json.dumps({"port": host.start()}), flush=True)
    signal.pause()
