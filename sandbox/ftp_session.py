"""One FTP connection of the partner's server: commands journalled, and struck where a fault says so."""

from __future__ import annotations

import errno
import os
import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar

from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler

from sandbox import ftp_faults
from sandbox.faults import Fault, FaultPlan
from sandbox.ftp_transfer import TlsTransfer, Transfer
from sandbox.journal import Journal

_OPERATION_OF = {
    **{"PASS": "login", "RNTO": "rename", "DELE": "delete", "SIZE": "size", "RETR": "retrieve"},
    **dict.fromkeys(("STOR", "APPE", "STOU"), "store"),
    **dict.fromkeys(("LIST", "NLST", "MLSD", "MLST"), "list"),
}
_RESET_AT_CLOSE = struct.pack("ii", 1, 0)


@dataclass(slots=True)
class FtpCall:
    """One command of a caller; becomes one entry of the journal.

    `outcome` is `answered` (`status` says how), `cut` or `done_then_cut` by a fault, `broken_off` (the transfer ended
    early by a fault's reply), or `aborted` (the transfer ended early by the caller).
    """

    operation: str
    method: str
    path: str
    query: dict[str, str]
    at: float = field(default_factory=time.time)
    status: int | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    outcome: str = "answered"
    fault: Fault | None = None
    seq: int = 0
    service: str = "ftp"
    external_id: None = None
    tracking_id: None = None
    idempotency_key: None = None
    request_id: None = None
    sha256: None = None


class Folder(AbstractedFS):  # type: ignore[misc]
    """The server's root folder as the caller sees it."""

    def chdir(self, path: str) -> None:
        """Note the caller's folder; the process stays where it is, for it has other threads."""
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        self.cwd = self.fs2ftp(path)

    def format_list(self, basedir: str, listing: list[str], ignore_err: bool = True) -> Iterator[bytes]:
        """Return the lines of LIST: in the style of ls, or of Windows where the server has no MLSD."""
        if "no_mlsd" not in self.cmd_channel.plan.kinds("ftp"):
            return super().format_list(basedir, listing, ignore_err)  # type: ignore[no-any-return]
        return _windows_lines(basedir, listing)


def _windows_lines(folder: str, names: list[str]) -> Iterator[bytes]:
    for name in names:
        try:
            found = os.stat(os.path.join(folder, name))
        except FileNotFoundError:
            continue
        changed = time.strftime("%m-%d-%y  %I:%M%p", time.gmtime(found.st_mtime))
        is_folder = os.path.isdir(os.path.join(folder, name))
        size = "      <DIR>         " if is_folder else f"{found.st_size:>20}"
        yield f"{changed} {size} {name}\r\n".encode()


class Session(FTPHandler):  # type: ignore[misc]
    """The control connection. A call is written down before its answer leaves, so that who got the answer finds it."""

    banner = "sandbox partner FTP ready"
    abstracted_fs = Folder
    dtp_handler = Transfer
    auth_failed_timeout = 0
    all_commands: ClassVar[dict[str, Any]] = FTPHandler.proto_cmds

    # Set by the host, for all its connections.
    journal: Journal
    plan: FaultPlan
    open_sessions: set[Session]

    _call: FtpCall | None = None  # the command that waits for its answer
    transfer_call: FtpCall | None = None  # the command that a data connection was promised to

    def on_connect(self) -> None:
        """Join the sessions that the host ends when it stops."""
        self.open_sessions.add(self)

    def pre_process_command(self, line: str, cmd: str, arg: str) -> None:
        """Refuse what the server cannot do at present, and handle the rest."""
        missing: dict[str, int] = {}
        for kind in self.plan.kinds("ftp") & set(ftp_faults.FEATURES):
            code, commands = ftp_faults.FEATURES[kind]
            missing |= dict.fromkeys(commands, code)
        self.proto_cmds = {name: form for name, form in self.all_commands.items() if name not in missing}
        if "\0" in arg:
            self.respond("501 A name has no zero byte.")
        elif cmd in missing:
            self.respond(f"{missing[cmd]} Command not understood.")
        else:
            super().pre_process_command(line, cmd, arg)

    def ftp_SYST(self, line: str) -> None:
        """Name the system whose style LIST has."""
        windows = "no_mlsd" in self.plan.kinds("ftp")
        self.respond("215 Windows_NT" if windows else "215 UNIX Type: L8")

    def process_command(self, cmd: str, *args: Any, **kwargs: Any) -> None:
        """Carry a command out, unless and until a fault says otherwise."""
        self._call = None
        if self._closed or cmd not in _OPERATION_OF:
            super().process_command(cmd, *args, **kwargs)
            return
        self._call = call = self._call_of(cmd, args[0])
        places = "\n".join((call.path, *call.query.values()))
        call.fault = self.plan.strike("ftp", call.operation, path=places)
        if call.fault and call.fault.delay_s:
            self.del_channel()  # a caller that goes away meanwhile is not noticed: its command is carried out
            self.call_later(call.fault.delay_s, self._go_on, cmd, args, kwargs)
        else:
            self._carry_out(cmd, args, kwargs)

    def _call_of(self, cmd: str, argument: str) -> FtpCall:
        operation = _OPERATION_OF[cmd]
        if operation == "login":
            return FtpCall(operation, cmd, self.username, {})  # the argument is the password
        query: dict[str, str] = {"from": self.fs.fs2ftp(self._rnfr)} if operation == "rename" and self._rnfr else {}
        return FtpCall(operation, cmd, self.fs.fs2ftp(argument), query)

    def _go_on(self, cmd: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        if not self._closed:
            self.add_channel()
            self._carry_out(cmd, args, kwargs)

    def _carry_out(self, cmd: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        call = self._call
        fault = call.fault if call else None
        if call and fault and fault.kind == "cut" and call.operation != "store":
            call.outcome = "cut"
            self.journal.record(call)
            self.cut()
        elif fault and fault.kind == "reply" and not fault.after_bytes:
            self._rnfr = None
            self._shutdown_connecting_dtp()
            if self.data_channel is not None:
                self.data_channel.close()
            self.refuse(fault)
        else:
            super().process_command(cmd, *args, **kwargs)

    def refuse(self, fault: Fault) -> None:
        """Answer as a `reply` says; 421 ends the connection too."""
        self.respond(fault.reply)
        if fault.code == 421:
            self.close_when_done()

    def respond(self, resp: str, *args: Any, **kwargs: Any) -> None:
        """Write the call down, then answer."""
        call, code = self._call, int(resp[:3])
        if call is not None:
            self._call = None
            if code < 200:
                self.transfer_call = call
            elif call.fault and call.fault.kind == "done_then_cut":
                call.outcome = "done_then_cut"
                self.journal.record(call)
                self.cut()
                return
            else:
                call.status = code
                self.journal.record(call)
        super().respond(resp, *args, **kwargs)

    def end_transfer(self, outcome: str, status: int | None, bytes_in: int, bytes_out: int) -> None:
        """Write down what became of the transfer that was under way."""
        call, self.transfer_call = self.transfer_call, None
        if call is not None:
            call.outcome, call.status, call.bytes_in, call.bytes_out = outcome, status, bytes_in, bytes_out
            self.journal.record(call)

    def cut(self) -> None:
        """End both connections by a reset, without a word."""
        transfer = self.data_channel
        for channel in filter(None, (transfer, self)):
            reset_at_close(channel)
        if transfer is not None:
            transfer.close()  # first: what came is in the file before the caller can know of the cut
        self.close()

    def close(self) -> None:
        """End the connection, and with it the transfer that is under way."""
        super().close()
        self.end_transfer("aborted", None, 0, 0)
        self.open_sessions.discard(self)


class TlsSession(Session, TLS_FTPHandler):  # type: ignore[misc]
    """The same by explicit TLS, which is required for commands and data."""

    tls_control_required = True
    tls_data_required = True
    dtp_handler = TlsTransfer
    all_commands: ClassVar[dict[str, Any]] = TLS_FTPHandler.proto_cmds


def reset_at_close(channel: Any) -> None:
    """Let a connection end by a reset, and without the farewell of TLS."""
    channel._ssl_established = False
    channel.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
