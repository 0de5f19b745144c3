"""Alerts: the open alerts of the ledger go to the log, and to the people whom the connection `alerts` names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edye_delivery.errors import DeliveryError, NoRecipient
from edye_delivery.ledger.alerts import Alert, Alerts

log = logging.getLogger(__name__)


class Messenger(Protocol):
    """A service that sends messages to people; raises DeliveryError where a message was not sent."""

    def tell(self, title: str, body: str, *, is_critical: bool) -> None:
        """Sends one message."""


@dataclass(frozen=True, slots=True)
class Alerter:
    """Sends the open alerts. No delivery fails because of an alert; the next step of any run tries again."""

    alerts: Alerts
    messenger: Callable[[], Messenger]

    def send(self) -> None:
        """Sends every alert that no other process is sending."""
        for alert in self.alerts.claim():
            title, body = title_of(alert), body_of(alert)
            level = logging.CRITICAL if alert.is_critical else logging.WARNING
            log.log(logging.INFO if alert.was_tried else level, "%s. %s", title, alert.detail)
            try:
                self.messenger().tell(title, body, is_critical=alert.is_critical)
            except NoRecipient as error:  # stays claimed, so that not every step of a run says it again
                log.warning("%s, so the alert is in this log only; it is sent once somebody can be told", error)
            except DeliveryError as error:
                self._postpone(alert, str(error))
            except Exception as error:  # what a service's own code in Apprise raises; it must not end a delivery
                self._postpone(alert, type(error).__name__)  # its message may contain the service's address
            else:
                self.alerts.mark_told(alert)

    def _postpone(self, alert: Alert, reason: str) -> None:
        log.error("the alert was not sent; the next step of any run tries again: %s", reason)
        self.alerts.release(alert)


def title_of(alert: Alert) -> str:
    """The subject of the message."""
    if alert.is_critical:
        return f"EDYE delivery: more than {alert.errors - 1} errors in a row for {alert.client_id}"
    return f"EDYE delivery: errors in a row for {alert.client_id} are over"


def body_of(alert: Alert) -> str:
    """The text of the message: what happened, and what to do."""
    if not alert.is_critical:
        return f"{alert.partner}: {alert.detail}. Nothing is left to do."
    return (
        f"{alert.partner}: {alert.detail}\n\nWhose turn: DevOps. Open the red run's confirm_window: it names every "
        "title, its cause and its owner. What to do by cause: docs/runbook.md, 'Errors in a row'."
    )
