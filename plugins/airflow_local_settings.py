"""Airflow imports this file in every process. Those that fork tasks load the project first, so that no task loads it.

Airflow finds the file because the plugins folder is on its path. An installation that has a file of this name of its
own imports `edye_delivery.dag_support.preload` there, in the same way.
"""

from __future__ import annotations

import sys

from airflow.configuration import conf

__all__ = ()  # Airflow takes over every public name of this file into its own settings


def _forks_tasks() -> bool:
    """Whether this process is a Celery worker, or a scheduler that forks LocalExecutor's workers."""
    is_scheduler = "scheduler" in sys.argv and "LocalExecutor" in conf.get("core", "executor")
    return is_scheduler or sys.argv[1:3] == ["celery", "worker"]


if _forks_tasks():
    import edye_delivery.dag_support.preload  # noqa: F401
