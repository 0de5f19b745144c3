"""What Airflow itself has to know of the project: for now its name."""

from __future__ import annotations

from airflow.plugins_manager import AirflowPlugin


class EdyeDeliveryPlugin(AirflowPlugin):
    """Makes the project visible under Admin, Plugins."""

    name = "edye_delivery"
