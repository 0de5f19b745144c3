"""Everything that tasks load of this project. A process that forks workers imports it first, so that no task does.

Loading takes longer than most tasks work. plugins/airflow_local_settings.py does so in Celery's workers, and in the
scheduler where it forks LocalExecutor's.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

import psycopg2.extras  # noqa: F401  SQLAlchemy imports it for an engine
import sqlalchemy.dialects.postgresql.psycopg2
import sqlalchemy.dialects.sqlite  # noqa: F401

import edye_delivery.annex.dag_ids
import edye_delivery.dag_support.annexes
import edye_delivery.dag_support.channels
import edye_delivery.dag_support.deadline
import edye_delivery.dag_support.defaults
import edye_delivery.dag_support.params
import edye_delivery.dag_support.withdrawal
import edye_delivery.operators.jw_player
import edye_delivery.operators.pull
import edye_delivery.operators.ship_events
import edye_delivery.steps
import edye_delivery.triggers.ftp
import edye_delivery.triggers.ingest

STEPS = tuple(
    import_module(f"edye_delivery.steps.{found.name}") for found in iter_modules(edye_delivery.steps.__path__)
)
"""The work of every task; operators import it when a task runs."""
