"""The connection `alerts`: whatever Apprise can reach, such as mail, Slack, Teams or a webhook."""

from __future__ import annotations

import logging

from airflow.providers.apprise.hooks.apprise import AppriseHook
from airflow.sdk.exceptions import AirflowNotFoundException
from apprise import Apprise, NotifyType

from edye_delivery.errors import ConfigurationInvalid, Transient

log = logging.getLogger(__name__)
CONN_ID = "alerts"


class AlertHook(AppriseHook):
    """The Apprise provider's connection (type apprise, extra `config`), telling whether the message went out."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__(conn_id)

    def tell(self, title: str, body: str, *, is_critical: bool) -> None:
        """Sends the message to every service of the connection; without a connection the log alone has it.

        Transient where one of them did not take it. No address of a service is told: it may hold a password.
        """
        try:
            connection = self.get_connection(self.apprise_conn_id)
        except AirflowNotFoundException:
            log.warning("there is no connection %s, so nobody but this log was told: %s", self.apprise_conn_id, title)
            return
        services = Apprise()
        try:
            self.set_config_from_conn(connection, services)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationInvalid(
                f"the connection {self.apprise_conn_id} needs an extra config: a list of "
                '{"path": "address of a service"}'
            ) from error
        if not services:
            raise ConfigurationInvalid(f"the connection {self.apprise_conn_id} names no service that Apprise knows")
        kind = NotifyType.FAILURE if is_critical else NotifyType.SUCCESS
        if not services.notify(body=body, title=title, notify_type=kind):
            raise Transient(f"a service of the connection {self.apprise_conn_id} did not take the message")
