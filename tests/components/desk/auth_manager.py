"""Airflow's simple auth manager, where each user may see and start the DAGs that a test gives him."""

from __future__ import annotations

from typing import Any

from airflow.api_fastapi.auth.managers.simple.simple_auth_manager import SimpleAuthManager

METHODS_OF: dict[str, dict[str, frozenset[str]]] = {}
"""By user: what he may do with each DAG; a user who is not here may do everything, as his role says."""


class DagAuthManager(SimpleAuthManager):
    """Asks METHODS_OF for DAGs."""

    def is_authorized_dag(self, *, method: Any, user: Any, access_entity: Any = None, details: Any = None) -> bool:
        known = METHODS_OF.get(user.get_name())
        if known is None:
            return super().is_authorized_dag(method=method, user=user, access_entity=access_entity, details=details)
        dag_id = details.id if details else None
        return any(method in methods for name, methods in known.items() if dag_id in (None, name))
