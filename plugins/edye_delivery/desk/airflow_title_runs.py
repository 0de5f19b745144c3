"""What Airflow knows of the runs that the ledger names: their DAGs, and the request that each was given."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from edye_delivery.annex.dag_ids import BY_HAND_VERBS, DELIVERY_VERBS, verb_of
from edye_delivery.catalog.plan import RunRequest

REQUEST_TASK, VALUE_KEY = "check_request", "return_value"
WRITING_VERBS = frozenset({*DELIVERY_VERBS.values(), *BY_HAND_VERBS})
"""The DAGs whose runs write to the ledger; other DAGs of a partner may have runs of the same name."""


def dags_of_runs(run_ids: Collection[str], dag_ids: Collection[str]) -> Mapping[str, str]:
    """By run id, one of these DAGs that has such a run; a run that Airflow no longer has is left out."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(DagRun.run_id, DagRun.dag_id).where(DagRun.dag_id.in_(dag_ids), DagRun.run_id.in_(set(run_ids)))
    if not run_ids or not dag_ids:
        return {}
    with create_session() as session:
        found = [(str(run_id), str(dag_id)) for run_id, dag_id in session.execute(query)]
    return dict(sorted(found, key=lambda one: (verb_of(one[1]) in WRITING_VERBS, one[1])))


def requests_of(run_id: str, dag_ids: Collection[str]) -> Iterator[RunRequest]:
    """The requests of the runs of this name among these DAGs: what their first task read from the params."""
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session

    if not run_id or not dag_ids:
        return
    query = XComModel.get_many(run_id=run_id, key=VALUE_KEY, task_ids=REQUEST_TASK, dag_ids=sorted(dag_ids))
    with create_session() as session:
        values = [XComModel.deserialize_value(row) for row in session.scalars(query.limit(len(dag_ids)))]
    for value in values:
        request = _request_of(value)
        if request is not None and request.run_id == run_id:
            yield request


def _request_of(value: Any) -> RunRequest | None:
    try:
        return RunRequest.model_validate(value)
    except ValidationError:  # of another version, or not ours
        return None
