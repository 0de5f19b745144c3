"""What Airflow itself has to know of the project: the desk, and where its pages stand in the browser interface."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin

from edye_delivery.desk.lazy import LazyDesk


class EdyeDeliveryPlugin(AirflowPlugin):
    """Mounts the desk at /edye, and adds it to the navigation."""

    name = "edye_delivery"
    fastapi_apps = [{"app": LazyDesk(), "url_prefix": "/edye", "name": "EDYE desk"}]  # noqa: RUF012
    external_views = [  # noqa: RUF012
        {"name": "EDYE desk", "href": "edye/", "url_route": "edye", "destination": "nav", "nav_top_level": True},
    ]
