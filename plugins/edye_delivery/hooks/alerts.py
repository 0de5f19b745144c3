"""The connection `alerts`: any service that Apprise can reach, such as mail, Slack, Teams or a webhook."""

from __future__ import annotations

from typing import Any

from airflow.providers.apprise.hooks.apprise import AppriseHook
from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException
from apprise import Apprise, NotifyType

from edye_delivery.clients.alert_call import send_alert
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import ConfigurationInvalid, NoRecipient
from edye_delivery.hooks.connection_safety import flag, is_loopback, warn_once
from edye_delivery.hooks.connection_secrets import secrets_of_service
from edye_delivery.hooks.http_client import positive_number
from edye_delivery.hooks.log_guard import guard_logs

CONN_ID = "alerts"
ALERT_MAX_S = 60.0


class AlertHook(AppriseHook):
    """Sends messages over the Apprise provider's connection (type apprise, extra `config`)."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__(conn_id)

    def tell(self, title: str, body: str, *, is_critical: bool) -> None:
        """Sends the message to every service of the connection; NoRecipient where there is no connection.

        Transient where one of them did not take it within the extra `timeout_s` (60). The message names no address of a
        service, because it may contain a password.
        """
        try:
            connection = self.get_connection(self.apprise_conn_id)
        except AirflowNotFoundException:
            raise NoRecipient(f"there is no connection {self.apprise_conn_id}") from None
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
        self._refuse_plain(services, connection.extra_dejson.get("allow_plain_http"))
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
        """Sends Apprise's messages about services to the log only, where their addresses are hidden."""
        addresses = [str(service["path"]) for service in self._services(connection)]
        secrets = [secret for address in addresses for secret in secrets_of_service(address)]
        guard_logs(secrets)
        return SecretMask.of(*secrets)

    def _refuse_plain(self, services: Apprise, allowed: Any) -> None:
        """ConfigurationInvalid for a service on another machine whose address is of an unencrypted form."""
        for service in services:
            if not service.verify_certificate:
                warning = "does not check a service's certificate (verify=no in its address)"
                warn_once(self.apprise_conn_id, f"{warning}: somebody in between could read everything")
            host = str(getattr(service, "host", None) or "localhost").strip("[]")  # one without a host is local
            if service.secure or not service.protocol or not service.secure_protocol or is_loopback(host):
                continue
            if not flag(allowed or False):
                raise ConfigurationInvalid(
                    f"the connection {self.apprise_conn_id} would tell a service on {host} without encryption, and its "
                    f"address is a credential: give it the form {_one_of(service.secure_protocol)}://, or, in a closed "
                    "network, set the connection's extra allow_plain_http to true"
                )
            warn_once(self.apprise_conn_id, f"tells {host} without encryption, as its extra allow_plain_http permits")

    def _services(self, connection: Connection) -> list[dict[str, Any]]:
        config = self.get_config_from_conn(connection)
        return config if isinstance(config, list) else [config]


def _one_of(protocols: str | tuple[str, ...]) -> str:
    return protocols if isinstance(protocols, str) else protocols[0]
