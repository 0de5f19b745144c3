"""Alerts: the open alerts of the ledger go to the log, and to the people whom the connection `alerts` names."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from edye_delivery.catalog.degradation import RECOVERED, DegradationKind
from edye_delivery.catalog.run_alert import RunAlertKind
from edye_delivery.errors import DeliveryError, NoRecipient
from edye_delivery.ledger.alerts import Alert, Alerts

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AlertText:
    """What an alert says about one kind of trouble; `next_step` begins with whose turn it is."""

    title: str
    next_step: str


DEGRADATIONS = {
    DegradationKind.DEGRADED: AlertText(
        "the API is slow or fails for {partner}",
        "Whose turn: DevOps. Look at the latest errors (`api-log`), and at load and memory of the delivery API.",
    ),
    DegradationKind.UNAVAILABLE: AlertText(
        "the API does not answer {partner}",
        "Whose turn: DevOps, at once. Look whether the delivery API runs and has a generation to serve.",
    ),
    DegradationKind.SILENT: AlertText(
        "{partner} has stopped calling",
        "Whose turn: DevOps. If the API answers our own probe, ask the partner whether its job runs.",
    ),
    DegradationKind.OUTDATED: AlertText(
        "{partner} gets an old generation",
        "Whose turn: DevOps. Open the last runs of publish_pull: they say why no generation was published.",
    ),
    DegradationKind.UNAUTHORIZED: AlertText(
        "the token of {partner} is refused",
        "Whose turn: partner or DevOps. `users list` says whether the token was revoked or has expired; if the partner "
        "uses an old one, give it the present one.",
    ),
    DegradationKind.RATE_EXCEEDED: AlertText(
        "{partner} calls too often",
        "Whose turn: partner. It has to wait as Retry-After says, follow `next`, and poll with its checkpoint.",
    ),
}

RUNS = {
    RunAlertKind.NO_RESULT: AlertText(
        "a run of {client_id} ended without a result",
        "Whose turn: DevOps. Open the log: it says why. When the cause is gone, clear the run's failed tasks. "
        "docs/runbook.md, 'A run without a result'.",
    ),
    RunAlertKind.LATE: AlertText(
        "a run of {client_id} is late",
        "Whose turn: DevOps. Open the run: its tasks say what it waits for. docs/runbook.md, 'A run is late'.",
    ),
}


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
                self.messenger().tell(title, body, is_critical=alert.needs_action)
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
    if alert.kind == RECOVERED:
        return f"EDYE delivery: what {alert.partner} pulls is well again"
    if alert.kind in DEGRADATIONS:
        return f"EDYE delivery: {DEGRADATIONS[DegradationKind(alert.kind)].title.format(partner=alert.partner)}"
    if alert.kind in RUNS:
        return f"EDYE delivery: {RUNS[RunAlertKind(alert.kind)].title.format(client_id=alert.client_id)}"
    if alert.needs_action:
        return f"EDYE delivery: more than {alert.errors - 1} errors in a row for {alert.client_id}"
    return f"EDYE delivery: errors in a row for {alert.client_id} are over"


def body_of(alert: Alert) -> str:
    """The text of the message: what happened, and what to do."""
    if not alert.needs_action:
        return f"{alert.partner}: {alert.detail}. Nothing is left to do."
    if alert.kind in DEGRADATIONS:
        next_step = DEGRADATIONS[DegradationKind(alert.kind)].next_step
        return f"{alert.partner}: {alert.detail}.\n\n{next_step} docs/runbook.md, 'A degraded delivery'."
    if alert.kind in RUNS:
        return f"{alert.partner}: {alert.detail}\n\n{RUNS[RunAlertKind(alert.kind)].next_step}"
    return (
        f"{alert.partner}: {alert.detail}\n\nWhose turn: DevOps. Open the red run's confirm_window: it names every "
        "title, its cause and its owner. What to do by cause: docs/runbook.md, 'Errors in a row'."
    )
