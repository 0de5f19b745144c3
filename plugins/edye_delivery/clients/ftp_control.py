"""The control connection of an FTP session: ftplib with bounded answers, and with TLS that servers accept."""

from __future__ import annotations

import ftplib
import ssl
from dataclasses import dataclass, field
from typing import Any

from edye_delivery.clients.secret_mask import SecretMask

ANSWER_MAX_LINES = 200


@dataclass(frozen=True, slots=True)
class FtpAccount:
    """Where a server is and how to log in; with `tls` the session is explicit FTPS and refuses to go without."""

    host: str
    port: int
    login: str
    password: str = field(repr=False)
    tls: ssl.SSLContext | None = None
    passive: bool = True
    encoding: str = "utf-8"
    timeout_s: float = 60.0

    @property
    def mask(self) -> SecretMask:
        """What must not be repeated of what the server says."""
        return SecretMask.of(self.password, f"{self.login}:{self.password}" if self.password else None)


class _BoundedAnswers:
    """An answer of more than 200 lines ends the session: no server has so much to say."""

    _lines = 0

    def putcmd(self, line: str) -> None:
        """Sends a command."""
        self._lines = 0
        super().putcmd(line)  # type: ignore[misc]

    def getline(self) -> str:
        """One line of an answer."""
        self._lines += 1
        if self._lines > ANSWER_MAX_LINES:
            raise ftplib.error_proto(f"more than {ANSWER_MAX_LINES} lines in an answer")  # noqa: S321 - an exception
        line: str = super().getline()  # type: ignore[misc]
        return line


class PlainControl(_BoundedAnswers, ftplib.FTP):
    """FTP in the clear."""


class TlsControl(_BoundedAnswers, ftplib.FTP_TLS):
    """Explicit FTPS; data connections continue the control connection's TLS session, as many servers demand."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[Any, int | None]:
        """As ftplib's."""
        connection, size = ftplib.FTP.ntransfercmd(self, cmd, rest)  # noqa: S321 - in the TLS class
        control: Any = self.sock
        return self.context.wrap_socket(connection, server_hostname=self.host, session=control.session), size


def logged_in(account: FtpAccount) -> ftplib.FTP:
    """A control connection after login, in binary type; raises what ftplib raises."""
    control: ftplib.FTP
    if account.tls is None:
        control = PlainControl(timeout=account.timeout_s, encoding=account.encoding)
    else:
        control = TlsControl(context=account.tls, timeout=account.timeout_s, encoding=account.encoding)
    try:
        control.connect(account.host, account.port)
        control.login(account.login, account.password)
        if isinstance(control, ftplib.FTP_TLS):
            control.prot_p()
        control.set_pasv(account.passive)
        control.voidcmd("TYPE I")
    except BaseException:
        control.close()
        raise
    return control
