"""An HTTP connection of Airflow becomes an httpx client; its form and extras are the HTTP provider's."""

from __future__ import annotations

import math
import random
import ssl
import time
from datetime import UTC, datetime
from typing import Any

import httpx
from airflow.providers.http.hooks.http import HttpHook
from airflow.sdk import Connection
from requests.utils import default_headers

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.bounds import ANSWER_S, CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.connection_safety import refuse_plain_http, verify_of
from edye_delivery.hooks.connection_secrets import carries_credential, mask_of
from edye_delivery.hooks.tls import tls_context

OUR_EXTRAS = frozenset(
    {"allow_plain_http", "allowed_hosts", "timeout_s", "least_rate_bytes_s", "tokens"}
    | {"site_id", "delivery_host", "signing_secret", "calls_a_minute"}
)
"""Extras that are no headers."""
CONNECT_TIMEOUT_S = 10.0
SYSTEM_CLOCK = Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, random=random.random)


class ApiHook(HttpHook):
    """The HTTP provider's hook, giving httpx clients.

    A connection with a password and no login sends it as bearer token; with a login, as basic authentication. Extras
    are the provider's (headers, verify, cert, proxies, trust_env); ours are `allowed_hosts` (a list), `timeout_s` (of a
    whole answer, or of a file's head), `least_rate_bytes_s` (of a file) and `allow_plain_http`, without which no
    credential goes over plain http to another machine (ConfigurationInvalid).
    """

    def __init__(self, conn_id: str, connection: Connection | None = None) -> None:
        super().__init__(http_conn_id=conn_id)
        self._connection = connection

    @classmethod
    async def load(cls, conn_id: str) -> ApiHook:
        """The hook with its connection already read, for the event loop of a trigger."""
        return cls(conn_id, await cls.aget_connection(conn_id))

    def get_connection(self, conn_id: str) -> Connection:  # type: ignore[override]
        """The connection, read once."""
        if self._connection is None:
            self._connection = super().get_connection(conn_id)
        return self._connection

    @property
    def allowed_hosts(self) -> frozenset[str]:
        """Hosts of media and artwork that the connection allows: its own, and those of its extra `allowed_hosts`."""
        connection = self.get_connection(self.http_conn_id)
        hosts = connection.extra_dejson.get("allowed_hosts", [])
        if not isinstance(hosts, list) or not all(isinstance(host, str) for host in hosts):
            raise ConfigurationInvalid(f"the connection {self.http_conn_id}: extra allowed_hosts is a list of hosts")
        own = self.url().host
        return frozenset(hosts) | ({own} if own else frozenset())

    def url(self) -> httpx.URL:
        """The connection's base URL."""
        with self.mask.errors():  # an address that cannot be read is repeated, with the password in it
            self._set_base_url(self.get_connection(self.http_conn_id))
            return httpx.URL(self.base_url)

    def bounds(self, answer_timeout_s: float = ANSWER_S) -> CallBounds:
        """The bounds of one call."""
        extra = self.get_connection(self.http_conn_id).extra_dejson
        return CallBounds(
            answer_s=positive_number(extra, "timeout_s", answer_timeout_s, self.http_conn_id),
            least_rate_bytes_s=positive_number(extra, "least_rate_bytes_s", LEAST_RATE_BYTES_S, self.http_conn_id),
        )

    def client(self, answer_timeout_s: float = ANSWER_S) -> httpx.Client:
        """A client on the connection's base URL with its authentication."""
        return httpx.Client(**self._add_credentials(answer_timeout_s))

    def async_client(self, answer_timeout_s: float = ANSWER_S) -> httpx.AsyncClient:
        """As `client`, for an event loop."""
        return httpx.AsyncClient(**self._add_credentials(answer_timeout_s))

    def anonymous_client(self, answer_timeout_s: float = ANSWER_S) -> httpx.Client:
        """A client without base URL, headers and authentication: for hosts that must not see the token."""
        settings = self._settings(answer_timeout_s)
        return httpx.Client(**{key: settings[key] for key in settings.keys() - {"base_url", "headers", "auth"}})

    @property
    def mask(self) -> SecretMask:
        """The secrets that the connection's clients must not repeat."""
        return mask_of(self.get_connection(self.http_conn_id))

    def _add_credentials(self, answer_timeout_s: float) -> dict[str, Any]:
        connection = self.get_connection(self.http_conn_id)
        if carries_credential(connection):
            refuse_plain_http(self.http_conn_id, self.url(), connection.extra_dejson.get("allow_plain_http"))
        return self._settings(answer_timeout_s)

    def _settings(self, answer_timeout_s: float) -> dict[str, Any]:
        with self.mask.errors():
            session = self.get_conn()
        connection = self.get_connection(self.http_conn_id)
        usual = default_headers()
        headers = {
            key: str(value)
            for key, value in session.headers.items()
            if key not in OUR_EXTRAS and usual.get(key) != value
        }
        auth: httpx.Auth | None = None
        if connection.login:
            auth = httpx.BasicAuth(connection.login, connection.password or "")
        elif connection.password:
            headers["Authorization"] = f"Bearer {connection.password}"
        proxies = session.proxies or {}
        return {
            "base_url": self.base_url,
            "headers": headers,
            "auth": auth,
            "timeout": httpx.Timeout(self.bounds(answer_timeout_s).answer_s, connect=CONNECT_TIMEOUT_S),
            "verify": self._tls(session.verify, session.cert),
            "proxy": proxies.get("https") or proxies.get("http"),
            "trust_env": session.trust_env,
            "follow_redirects": False,
            "limits": httpx.Limits(max_connections=64, max_keepalive_connections=32),
        }

    def _tls(self, verify: Any, cert: Any) -> ssl.SSLContext | bool:
        verify = verify_of(self.http_conn_id, verify)
        return True if verify is True and not cert else tls_context(self.http_conn_id, verify, cert)


def positive_number(extra: dict[str, Any], key: str, otherwise: float, conn_id: str) -> float:
    """A connection's extra that is a number above 0; ConfigurationInvalid where it is something else."""
    try:
        number = float(extra.get(key, otherwise))
    except (TypeError, ValueError):
        number = 0.0
    if not 0 < number < math.inf:
        raise ConfigurationInvalid(f"the connection {conn_id}: extra {key} is a number above 0, not {extra[key]!r:.40}")
    return number
