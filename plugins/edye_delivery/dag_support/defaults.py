"""What all DAGs of the project share: retries, owner, tags, limits."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Any

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule

from edye_delivery.dag_support.priority import BackfillsLast


class Tag(StrEnum):
    """The tags by which people find our DAGs."""

    DELIVERY = "delivery"
    API = "api"
    FTP = "ftp"
    PULL = "pull"
    DEPRECATED = "deprecated"
    TRAIL = "trail"
    REDELIVERY = "redelivery"
    WITHDRAWAL = "withdrawal"
    JW_PLAYER = "jw_player"
    WATCH = "watch"
    CONSUMPTION = "consumption"


RETRY_DELAY = timedelta(seconds=30)
"""Before a task is tried again that failed by no error of ours: its worker was killed, or its database restarted."""

RETRIES = ExceptionRetryPolicy(
    rules=[
        RetryRule(
            exception="edye_delivery.errors.Terminal", action=RetryAction.FAIL, reason="the same input fails again"
        ),
        RetryRule(
            exception="airflow.sdk.exceptions.AirflowNotFoundException",
            action=RetryAction.FAIL,
            reason="a connection is missing, and a retry does not change that",
        ),
        RetryRule(
            exception="edye_delivery.errors.Transient",
            action=RetryAction.RETRY,
            retry_delay=timedelta(minutes=2),
            reason="the same call may succeed later",
        ),
    ]
)


def default_args() -> dict[str, Any]:
    """Arguments of every task."""
    return {
        "owner": "DevOps",
        "retries": 2,
        "retry_delay": RETRY_DELAY,
        "retry_policy": RETRIES,
        "execution_timeout": timedelta(hours=6),
        "weight_rule": BackfillsLast(),
    }
