"""An FTP connection of Airflow becomes an account to log in with; its form and extras are the FTP provider's."""

from __future__ import annotations

import logging
import ssl
from typing import Any

from airflow.providers.ftp.hooks.ftp import FTPHook
from airflow.sdk import Connection

from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.errors import ConfigurationInvalid

log = logging.getLogger(__name__)
FTP_PORT = 21
FALSE_WORDS = ("false", "0", "no", "off")


class FtpHook(FTPHook):
    """The FTP provider's connection type, giving accounts for bounded sessions with time-outs.

    Extras are the provider's `passive` and `encoding`, and ours: `tls` (true: explicit FTPS, or nothing) and `verify`
    (true, the file of a certificate authority, or false).
    """

    def __init__(self, conn_id: str, timeout_s: float, connection: Connection | None = None) -> None:
        super().__init__(conn_id)
        self._timeout_s, self._connection = timeout_s, connection

    @classmethod
    async def loaded(cls, conn_id: str, timeout_s: float) -> FtpHook:
        """The hook with its connection already read, for the event loop of a trigger."""
        return cls(conn_id, timeout_s, await cls.aget_connection(conn_id))

    def account(self) -> FtpAccount:
        """Where to and how; ConfigurationInvalid where the connection lacks something."""
        connection = self._connection or self.get_connection(self.ftp_conn_id)
        if not connection.host or not connection.login:
            raise ConfigurationInvalid(f"the connection {self.ftp_conn_id} has no host or no login")
        extra = connection.extra_dejson
        is_secure = _flag(extra.get("tls", False))
        if not is_secure:
            log.warning(
                "the connection %s is plain FTP: login, password and files travel in the clear; set its extra tls to "
                "true where the partner offers FTPS",
                self.ftp_conn_id,
            )
        return FtpAccount(
            host=connection.host,
            port=connection.port or FTP_PORT,
            login=connection.login,
            password=connection.password or "",
            tls=self._context(extra.get("verify", True)) if is_secure else None,
            passive=_flag(extra.get("passive", True)),
            encoding=str(extra.get("encoding", "utf-8")),
            timeout_s=self._timeout_s,
        )

    def _context(self, verify: Any) -> ssl.SSLContext:
        is_file = isinstance(verify, str) and verify.strip().lower() not in (*FALSE_WORDS, "true")
        try:
            context = ssl.create_default_context(cafile=verify if is_file else None)
        except OSError as error:
            raise ConfigurationInvalid(
                f"the connection {self.ftp_conn_id}: its extra verify names {verify!r:.200}, which cannot be read "
                f"({error})"
            ) from error
        if not is_file and not _flag(verify):
            log.warning("the connection %s does not check the server's certificate", self.ftp_conn_id)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def _flag(value: Any) -> bool:
    return value.strip().lower() not in FALSE_WORDS if isinstance(value, str) else bool(value)
