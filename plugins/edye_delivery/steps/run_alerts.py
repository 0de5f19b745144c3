"""Tells somebody that a run ended without a result, or is late; a failure here never harms the run."""

from __future__ import annotations

import logging
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.run_alert import RunAlert
from edye_delivery.errors import DeliveryError, NoRecipient, WindowNotDone
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.alerts import Alert
from edye_delivery.pipeline.alerts import body_of, title_of
from edye_delivery.steps.base import alerter, messenger

log = logging.getLogger(__name__)


def tell_no_result(context: Context) -> None:
    """Tells that the task of this context failed for good; nothing where the report and its log have told it."""
    error = context.get("exception")
    if isinstance(error, WindowNotDone):
        return
    task, run = context["task_instance"], context["dag_run"]
    tell(RunAlert.no_result(_partner_of(context), run.dag_id, run.run_id, task.task_id, _reason(error), task.log_url))


def tell(alert: RunAlert) -> None:
    """Writes the alert to the ledger, once a run, and sends it; where there is no ledger it is only sent.

    An alert that cannot be sent now stays in the ledger: `tell_alerts` sends it within five minutes.
    """
    try:
        if LedgerHook().run_alerts().raise_once(alert):
            alerter().send()
    except Exception as error:
        log.error("the alert was not written to the ledger (%s), so it is only sent", type(error).__name__)
        _send_unwritten(alert)


def _send_unwritten(alert: RunAlert) -> None:
    log.critical("%s: %s", alert.dag_id, alert.detail)
    unwritten = Alert(0, alert.partner, alert.dag_id, alert.kind.value, errors=0, detail=alert.detail)
    try:
        messenger().tell(title_of(unwritten), body_of(unwritten), is_critical=True)
    except NoRecipient as error:
        log.warning("%s, so the alert is in this log only", error)
    except Exception as error:  # its message may contain the address of a service
        log.error("the alert was not sent: %s", error if isinstance(error, DeliveryError) else type(error).__name__)


def _partner_of(context: Context) -> str:
    return str(context["task"].annex.partner)  # type: ignore[union-attr]  # an operator of ours has its annex


def _reason(error: Any) -> str:
    """Why the task failed; a foreign error's message may contain anything, so only its type is named."""
    if isinstance(error, DeliveryError):
        return str(error)
    return f"{type(error).__name__}, see its log" if isinstance(error, BaseException) else "its process died"
