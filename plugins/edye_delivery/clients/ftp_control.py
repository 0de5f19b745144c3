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
    """Where a server is, how to log in, how long it may take; with `tls` explicit FTPS, and nothing without it.

    `timeout_s` is for a whole answer, `least_rate_bytes_s` for files and listings, over any `span_s`; `ends_at_s` is
    when, on the monotonic clock, the time of its batch is over.
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
        """What must not be repeated of what the server says."""
        return SecretMask.of(self.password, f"{self.login}:{self.password}" if self.password else None)


class _BoundedAnswers(ftplib.FTP):
    """Answers within a deadline and bounded in size; data connections to the server's own address only."""

    line: Line
    sock: Any = None
    asked = "the greeting"
    """The last command, without a password: what the server's last answer is to."""

    def open(self, line: Line, host: str, port: int) -> None:
        """Connects and hears the greeting."""
        self.line, self.host, self.port = line, host, port
        self._received, self._lines, self._bytes = bytearray(), 0, 0
        self._has_pasv = True
        self.sock = line.dial(host, port)
        self.af = self.sock.family
        self.welcome = self.getresp()

    def begin_answer(self, command: str, seconds: float | None = None) -> None:
        """From now on an answer is due, within these seconds or those of the account."""
        self._lines = self._bytes = 0
        self.line.begin_answer(command, seconds)

    def putcmd(self, line: str) -> None:
        """Sends a command, whose answer is due from now on."""
        self.asked = "PASS" if line.startswith("PASS ") else line
        self.begin_answer(self.asked)
        super().putcmd(line)

    def putline(self, line: str) -> None:
        """Sends a line."""
        if "\r" in line or "\n" in line:
            raise ValueError("a command is one line")
        self.line.send(self.sock, f"{line}\r\n".encode(self.encoding))

    def getline(self) -> str:
        """One line of an answer, which has 200 lines and 64 KiB at most: no server has so much to say.

        Bytes that are not of the account's encoding are replaced: an answer's code and numbers are ASCII.
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
        """Where a data connection goes: to the server's own address, whatever it says, at the port that it names.

        By PASV; by EPSV over IPv6, and from where the server refuses PASV on.
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
        """The command's bytes, from an offset on."""
        connection, _ = self.ntransfercmd(command, offset)
        return self.line.transfer(connection, command)

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[Any, None]:
        """A data connection over which the command's bytes go."""
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
    """FTP in the clear."""


class TlsControl(_BoundedAnswers, ftplib.FTP_TLS):
    """Explicit FTPS; data connections continue the control connection's TLS session, as many servers demand."""

    def auth(self) -> str:
        """Begins TLS; what was sent in the clear behind the server's consent is not taken for an answer."""
        answer = self.voidcmd("AUTH TLS")
        if self._received:
            raise AnswerMalformed("the FTP server sent more in the clear than its consent to TLS")
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
    said = str(refusal)
    return (int(said[:3]) if re.match(r"[0-9]{3}", said) else 0), said[3:].strip(" -")


def new_control(account: FtpAccount) -> TlsControl | PlainControl:
    """A control connection that is not open yet."""
    control = TlsControl(context=account.tls) if account.tls else PlainControl()
    control.encoding = account.encoding
    return control


def log_in(control: TlsControl | PlainControl, account: FtpAccount, life: SessionLife) -> None:
    """Opens the connection, logs in, takes binary type; raises what ftplib raises, and TooSlow."""
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
