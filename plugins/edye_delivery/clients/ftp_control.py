"""The control connection of an FTP session: ftplib with bounded answers, and with TLS that servers accept."""

from __future__ import annotations

import ftplib
import math
import re
import ssl
from dataclasses import dataclass, field
from typing import Any

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.bounds import SPAN_S, CallBounds
from edye_delivery.clients.ftp_line import Line, SessionLife, Transfer
from edye_delivery.clients.ftp_replies import Meaning, meaning_of
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import AnswerMalformed

ANSWER_MAX_LINES = 200
ANSWER_MAX_BYTES = 64 * 1024
PASSIVE_PORT = re.compile(r"(?<!\d)\d{1,3},\d{1,3},\d{1,3},\d{1,3},(?P<high>\d{1,3}),(?P<low>\d{1,3})(?!\d)", re.ASCII)
EXTENDED_PORT = re.compile(r"\((?P<mark>[!-~])(?P=mark){2}(?P<port>\d{1,5})(?P=mark)\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class FtpAccount:
    """The address of a server, the login, and how long the server may take; with `tls` the session is explicit FTPS.

    `timeout_s` is for a whole answer, `least_rate_bytes_s` for files and listings, over any `span_s`; `ends_at_s` is
    when the time of the batch is over, on the monotonic clock.
    """

    host: str
    port: int
    login: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    passive: bool = True
    encoding: str = "utf-8"
    timeout_s: float = 60.0
    least_rate_bytes_s: float = LEAST_RATE_BYTES_S
    span_s: float = SPAN_S
    ends_at_s: float = math.inf

    @property
    def where(self) -> str:
        """The server, for a person."""
        return f"the FTP server {self.host}:{self.port}"

    @property
    def bounds(self) -> CallBounds:
        """How long the server may take."""
        return CallBounds(self.timeout_s, self.least_rate_bytes_s, self.span_s, ANSWER_MAX_BYTES, self.ends_at_s)

    @property
    def mask(self) -> SecretMask:
        """Hides our secrets in the server's answers."""
        return SecretMask.of(self.password, f"{self.login}:{self.password}" if self.password else None)


class _BoundedAnswers(ftplib.FTP):
    """Answers within a deadline and bounded in size; data connections to the server's own address only."""

    line: Line
    sock: Any = None
    last_command = "the greeting"
    """The command that the server's next or last answer belongs to, without a password."""

    def open(self, line: Line, host: str, port: int) -> None:
        """Connects, and reads the greeting."""
        self.line, self.host, self.port = line, host, port
        self._received, self._lines, self._bytes = bytearray(), 0, 0
        self._has_pasv = True
        self.sock = line.dial(host, port)
        self.af = self.sock.family
        self.welcome = self.getresp()

    def begin_answer(self, command: str, seconds: float | None = None) -> None:
        """From now on the server has these seconds, or those of the account, for an answer."""
        self._lines = self._bytes = 0
        self.line.begin_answer(command, seconds)

    def putcmd(self, line: str) -> None:
        """Sends a command; from now on the server has to answer it."""
        self.last_command = "PASS" if line.startswith("PASS ") else line
        self.begin_answer(self.last_command)
        super().putcmd(line)

    def putline(self, line: str) -> None:
        """Sends a line."""
        if "\r" in line or "\n" in line:
            raise ValueError("a command is one line")
        self.line.send(self.sock, f"{line}\r\n".encode(self.encoding))

    def getline(self) -> str:
        """One line of an answer, which may have 200 lines and 64 KiB: no real answer has more.

        Bytes that the account's encoding does not have are replaced: an answer's code and numbers are ASCII.
        """
        while (end := self._received.find(b"\n")) < 0 and self._bytes + len(self._received) <= ANSWER_MAX_BYTES:
            block = self.line.receive(self.sock)
            if not block:
                raise EOFError("the server closed the connection")
            self._received += block
        self._lines, self._bytes = self._lines + 1, self._bytes + end + 1
        if end < 0 or self._lines > ANSWER_MAX_LINES or self._bytes > ANSWER_MAX_BYTES:
            raise AnswerMalformed(f"an FTP answer has more than {ANSWER_MAX_LINES} lines or {ANSWER_MAX_BYTES} bytes")
        line = bytes(self._received[:end])
        del self._received[: end + 1]
        return line.rstrip(b"\r").decode(self.encoding, "replace")

    def makepasv(self) -> tuple[str, int]:
        """Where a data connection goes: to the server's own address, at the port in its answer.

        The address in the answer is ignored. The command is PASV; over IPv6, or once the server refuses PASV, EPSV.
        """
        address = self.sock.getpeername()
        by_pasv = self._has_pasv and len(address) == 2
        try:
            answer = self.sendcmd("PASV" if by_pasv else "EPSV")
        except ftplib.error_perm as refusal:
            if not by_pasv or meaning_of("PASV", *code_and_text(refusal)) is not Meaning.UNSUPPORTED:
                raise
            self._has_pasv = False
            return self.makepasv()
        found = (PASSIVE_PORT if by_pasv else EXTENDED_PORT).search(answer)
        if not answer.startswith("227" if by_pasv else "229") or found is None:
            raise ftplib.error_reply(answer)  # noqa: S321 - an exception
        port = int(found["high"]) * 256 + int(found["low"]) if by_pasv else int(found["port"])
        return address[0], port

    def transfer(self, command: str, offset: int | None) -> Transfer:
        """Starts the command's transfer, from an offset on."""
        connection, _ = self.ntransfercmd(command, offset)
        return self.line.transfer(connection, command)

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[Any, None]:
        """A data connection for the command's bytes."""
        if self.passiveserver:
            host, port = self.makepasv()
            self.begin_answer(f"data connection for {cmd}")
            connection = self.line.dial(host, port)
            try:
                self._begin_transfer(cmd, rest)
            except BaseException:
                self.line.close(connection)
                raise
            return connection, None
        with self.makeport() as listener:
            self._begin_transfer(cmd, rest)
            return self.line.accept(listener), None

    def _begin_transfer(self, command: str, offset: int | str | None) -> None:
        if offset is not None:
            self.sendcmd(f"REST {offset}")
        answer = self.sendcmd(command)
        if answer.startswith("2"):  # some servers say 200 before they say 150
            answer = self.getresp()
        if not answer.startswith("1"):
            raise ftplib.error_reply(answer)  # noqa: S321 - an exception

    def close(self) -> None:
        """Closes the connection."""
        if self.sock is not None:
            self.line.close(self.sock)
            self.sock = None


class PlainControl(_BoundedAnswers):
    """FTP without encryption."""


class TlsControl(_BoundedAnswers, ftplib.FTP_TLS):
    """Explicit FTPS; data connections reuse the control connection's TLS session, as many servers require."""

    def auth(self) -> str:
        """Begins TLS; bytes that came unencrypted after the server's consent are never read as an answer."""
        answer = self.voidcmd("AUTH TLS")
        if self._received:
            raise AnswerMalformed("the FTP server sent unencrypted bytes after its consent to TLS")
        self.begin_answer("the TLS handshake")
        self.sock = self.line.secure(self.sock, self.context, self.host)
        return answer

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[Any, None]:
        """A data connection with TLS."""
        connection, _ = super().ntransfercmd(cmd, rest)
        self.begin_answer(f"the TLS handshake of {cmd}")
        return self.line.secure(connection, self.context, self.host, self.sock.session), None


def code_and_text(refusal: ftplib.Error) -> tuple[int, str]:
    """The server's code, 0 where it gave none, and its text."""
    answer = str(refusal)
    return (int(answer[:3]) if re.match(r"[0-9]{3}", answer) else 0), answer[3:].strip(" -")


def new_control(account: FtpAccount) -> TlsControl | PlainControl:
    """A control connection that is not open yet."""
    control = TlsControl(context=account.tls) if account.tls else PlainControl()
    control.encoding = account.encoding
    return control


def log_in(control: TlsControl | PlainControl, account: FtpAccount, life: SessionLife) -> None:
    """Opens the connection, logs in, and sets the binary type; raises what ftplib raises, and TooSlow."""
    try:
        control.open(Line(account.where, account.bounds, life), account.host, account.port)
        control.login(account.login, account.password)
        if isinstance(control, TlsControl):
            control.prot_p()
        control.set_pasv(account.passive)
        control.voidcmd("TYPE I")
    except BaseException:
        control.close()
        raise
