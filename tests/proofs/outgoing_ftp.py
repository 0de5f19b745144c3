"""FTP sessions against servers that keep to no bound: seconds and memory of each, as tests/proofs/outgoing_calls.py.

A program of its own, for peak memory is a process's: `python -m tests.proofs.outgoing_ftp CALL` prints a line of JSON.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from benchmarks.sending import memory_bytes
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from tests.components.hostile_ftp import (
    Answer,
    HostileFtp,
    endless,
    hostile_ftp,
    sending,
    silent,
    slow_reader,
    transfers,
    trickled,
)

ANSWER_S, SPAN_S = 1.0, 1.0
FILE = RemotePath("/incoming", "A.mp4")
NUMBER = b"213 " + b"9" * 8000 + b"\r\n"


def look_up(one: FtpSession) -> object:
    return one.size(FILE)


def look(one: FtpSession) -> object:
    return one.names("/incoming", ["B.mp4"])


def read(one: FtpSession) -> object:
    return one.read(FILE, 64 * 1024)


def upload(one: FtpSession) -> object:
    return one.store(FILE, (bytes(1_000_000) for _ in range(1000)))


Hostile = Callable[[HostileFtp], dict[str, Answer]]
CALLS: dict[str, tuple[Callable[[FtpSession], object], Hostile]] = {
    "a byte at a time in the greeting": (look_up, lambda server: {"greeting": trickled(b"220-")}),
    "a byte at a time in the login": (look_up, lambda server: {"PASS": trickled(b"230-")}),
    "a byte at a time in a reply": (look_up, lambda server: {"SIZE": trickled(b"213-")}),
    "no reply": (look_up, lambda server: {"SIZE": silent}),
    "an endless reply": (look_up, lambda server: {"SIZE": endless(b"213-more\r\n" * 1000)}),
    "an endless line in a reply": (look_up, lambda server: {"SIZE": endless(b"2" * 65536)}),
    "a number of 8,000 digits": (look_up, lambda server: {"SIZE": NUMBER}),
    "a port of 8,000 digits": (look, lambda server: {"PASV": b"227 (127,0,0,1," + b"9" * 8000 + b",1)\r\n"}),
    "a byte at a time in a listing": (look, lambda server: {"NLST": sending(server, trickled(b""))}),
    "an endless listing": (look, lambda server: {"NLST": sending(server, endless(b"A.mp4\r\n" * 10_000))}),
    "an endless line in a listing": (look, lambda server: {"NLST": sending(server, endless(b"A" * 65536))}),
    "a byte at a time in a file": (read, lambda server: {"RETR": sending(server, trickled(b""))}),
    "an endless file": (read, lambda server: {"RETR": sending(server, endless(b"A" * 65536))}),
    "a byte at a time after a file": (read, lambda server: {"RETR": sending(server, b"told", trickled(b"226-"))}),
    "a reader of a byte at a time": (upload, lambda server: {"STOR": slow_reader(server)}),
}


def main(name: str) -> None:
    """One row."""
    call, hostile = CALLS[name]
    with hostile_ftp() as server:
        server.change(**(transfers(server) | hostile(server)))
        account = FtpAccount("127.0.0.1", server.port, "edye", "secret", timeout_s=ANSWER_S, span_s=SPAN_S)
        before_bytes = memory_bytes("VmRSS")
        started = time.monotonic()
        try:
            outcome = f"gave {call(FtpSession(account))}"
        except Exception as error:  # the row says what it was
            outcome = f"{type(error).__name__}: {str(error)[:90]}"
        seconds = time.monotonic() - started
    grown_mib = max(0, memory_bytes("VmHWM") - before_bytes) / 1024 / 1024
    print(json.dumps({"seconds": seconds, "grown_mib": grown_mib, "outcome": outcome}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
