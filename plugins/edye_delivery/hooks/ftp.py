"""An FTP connection of Airflow becomes an account to log in with; its form and extras are the FTP provider's."""

from __future__ import annotations

import math
from contextlib import suppress

from airflow.providers.ftp.hooks.ftp import FTPHook
from airflow.sdk import Connection

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_safety import flag, verify_of, warn_once
from edye_delivery.hooks.connection_secrets import secrets_of
from edye_delivery.hooks.log_guard import guard_logs
from edye_delivery.hooks.tls import tls_context

FTP_PORT = 21


class FtpHook(FTPHook):
    """The FTP provider's connection type, giving accounts for bounded sessions with time-outs.

    Extras are the provider's `passive` and `encoding`, and ours: `tls` (true: explicit FTPS, or nothing) and `verify`
    (true, the file of a certificate authority, or false).
    """

    def __init__(
        self,
        conn_id: str,
        timeout_s: float,
        least_rate_bytes_s: float = LEAST_RATE_BYTES_S,
        connection: Connection | None = None,
    ) -> None:
        super().__init__(conn_id)
        self._timeout_s, self._least_rate_bytes_s, self._connection = timeout_s, least_rate_bytes_s, connection

    @classmethod
    async def load(cls, conn_id: str, timeout_s: float, least_rate_bytes_s: float = LEAST_RATE_BYTES_S) -> FtpHook:
        """The hook with its connection already read, for the event loop of a trigger."""
        return cls(conn_id, timeout_s, least_rate_bytes_s, await cls.aget_connection(conn_id))

    def account(self, ends_at_s: float = math.inf) -> FtpAccount:
        """The account of the connection; ConfigurationInvalid where the connection lacks something.

        No session runs on after `ends_at_s` on the monotonic clock.
        """
        connection = self._connection or self.get_connection(self.ftp_conn_id)
        if not connection.host or not connection.login:
            raise ConfigurationInvalid(f"the connection {self.ftp_conn_id} has no host or no login")
        conn_id, extra = self.ftp_conn_id, connection.extra_dejson
        guard_logs(secrets_of(connection))
        is_secure = flag(extra.get("tls", False))
        if not is_secure:
            warn_once(
                self.ftp_conn_id,
                "is plain FTP: login, password and files are sent unencrypted; set its extra tls to true where the "
                "partner offers FTPS",
            )
        return FtpAccount(
            host=connection.host,
            port=connection.port or FTP_PORT,
            login=connection.login,
            password=connection.password or "",
            tls=tls_context(conn_id, verify_of(conn_id, extra.get("verify", True))) if is_secure else None,
            passive=flag(extra.get("passive", True)),
            encoding=self._encoding(str(extra.get("encoding", "utf-8"))),
            timeout_s=self._timeout_s,
            least_rate_bytes_s=self._least_rate_bytes_s,
            ends_at_s=ends_at_s,
        )

    def _encoding(self, name: str) -> str:
        with suppress(LookupError, UnicodeError):
            if "/A.1".encode(name) == b"/A.1":
                return name
        raise ConfigurationInvalid(
            f"the connection {self.ftp_conn_id}: its extra encoding is {name!r:.100}, which does not work for FTP; use "
            "utf-8 or latin-1"
        )
