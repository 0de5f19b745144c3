"""What Airflow itself has to know of the project: the desk, and where its pages stand in the browser interface."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from edye_delivery.dag_support.priority import BackfillsLast
from edye_delivery.desk.lazy import LazyDesk

OF_A_DAG, OF_A_RUN = "dag_id={DAG_ID}", "dag_id={DAG_ID}&run_id={RUN_ID}"


class EdyeDeliveryPlugin(AirflowPlugin):
    """Mounts the desk at /edye, and adds it to the navigation."""

    name = "edye_delivery"
    fastapi_apps = [{"app": LazyDesk(), "url_prefix": "/edye", "name": "EDYE desk"}]  # noqa: RUF012
    priority_weight_strategies = [BackfillsLast]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {"name": "EDYE desk", "href": "edye/", "url_route": "edye", "destination": "nav", "nav_top_level": True},
        {"name": "EDYE", "href": f"edye/dag?{OF_A_DAG}", "url_route": "edye-dag", "destination": "dag"},
        {"name": "EDYE", "href": f"edye/run?{OF_A_RUN}", "url_route": "edye-run", "destination": "dag_run"},
        {"name": "EDYE", "href": f"edye/dag?{OF_A_DAG}", "url_route": "edye-task", "destination": "task"},
        {"name": "EDYE", "href": f"edye/run?{OF_A_RUN}", "url_route": "edye-step", "destination": "task_instance"},
    ]
