"""When a DAG runs: five cron fields in UTC, checked when the annex is read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from croniter import CroniterError, croniter
from pydantic import AfterValidator

CRON_FIELDS = 5
RANDOM_FIELD = re.compile(r"[hr](\(|/|$)", re.IGNORECASE)
"""A field whose value croniter makes at random (R) or from a hash (H)."""


def _check_schedule(schedule: str) -> str:
    """Refuses a schedule that is invalid or never comes: with it the DAG file would fail for all partners.

    A sixth field (seconds) and random fields are croniter's own: Airflow would run such a DAG at other times, or make a
    new version of it at every parse.
    """
    fields = schedule.split()
    if randoms := [field for field in fields if RANDOM_FIELD.match(field) and not schedule.startswith("@")]:
        raise ValueError(f"{schedule!r:.60} is no cron schedule: {', '.join(randoms):.60} is random; write a number")
    if not schedule.startswith("@") and len(fields) != CRON_FIELDS:
        raise ValueError(
            f"{schedule!r:.60} is no cron schedule, such as '0 6 * * *': it has five fields, minute, hour, day, month "
            f"and weekday, and {len(fields)} are here"
        )
    try:
        times = croniter(schedule, datetime(2026, 1, 1, tzinfo=UTC))
        times.get_next()
        times.get_prev()
    except CroniterError as error:
        raise ValueError(f"{schedule!r:.60} is no cron schedule, such as '0 6 * * *': {error}") from error
    return schedule


Schedule = Annotated[str, AfterValidator(_check_schedule)]
