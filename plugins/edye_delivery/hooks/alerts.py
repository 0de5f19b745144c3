"""The connection `alerts`: whatever Apprise can reach, such as mail, Slack, Teams or a webhook."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from airflow.providers.apprise.hooks.apprise import AppriseHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from apprise import Apprise, NotifyType

from edye_delivery.clients.alert_call import send_alert
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import ConfigurationInvalid, NobodyToTell
from edye_delivery.hooks.connection_safety import is_loopback, warn_once
from edye_delivery.hooks.connection_secrets import secrets_of_service
from edye_delivery.hooks.http_client import positive_number
from edye_delivery.hooks.log_guard import guard_logs

CONN_ID = "alerts"
ALERT_MAX_S = 60.0
PLAIN_SCHEMES = frozenset({"form", "json", "xml"})
"""Forms of an address that are plain http; with an s at their end they are https."""


class AlertHook(AppriseHook):
    """The Apprise provider's connection (type apprise, extra `config`), telling whether the message went out."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__(conn_id)

    def tell(self, title: str, body: str, *, is_critical: bool) -> None:
        """Sends the message to every service of the connection; NobodyToTell where there is no connection.

        Transient where one of them did not take it within the extra `timeout_s` (60). No address of a service is told:
        it may hold a password.
        """
        try:
            connection = self.get_connection(self.apprise_conn_id)
        except AirflowNotFoundException:
            raise NobodyToTell(f"there is no connection {self.apprise_conn_id}") from None
        services = Apprise()
        try:
            mask = self._mask_of(connection)
            self.set_config_from_conn(connection, services)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationInvalid(
                f"the connection {self.apprise_conn_id} needs an extra config: a list of "
                '{"path": "address of a service"}'
            ) from error
        if not services:
            raise ConfigurationInvalid(f"the connection {self.apprise_conn_id} names no service that Apprise knows")
        kind = NotifyType.FAILURE if is_critical else NotifyType.SUCCESS
        extra = connection.extra_dejson
        send_alert(
            self._services(connection),
            title,
            body,
            kind.value,
            positive_number(extra, "timeout_s", ALERT_MAX_S, self.apprise_conn_id),
            mask,
        )

    def _mask_of(self, connection: Connection) -> SecretMask:
        """What Apprise says of a service goes to the log only: its address is hidden there, and what is in it."""
        addresses = [str(service["path"]) for service in self._services(connection)]
        for address in addresses:
            if address.partition("://")[0].lower() in PLAIN_SCHEMES and not is_loopback(
                urlsplit(address).hostname or ""
            ):
                warn_once(self.apprise_conn_id, "tells a service over plain http: give its address in the form with s")
        secrets = [secret for address in addresses for secret in secrets_of_service(address)]
        guard_logs(secrets)
        return SecretMask.of(*secrets)

    def _services(self, connection: Connection) -> list[dict[str, Any]]:
        config = self.get_config_from_conn(connection)
        return config if isinstance(config, list) else [config]
