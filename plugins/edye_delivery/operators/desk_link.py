"""The button on a task that leads to the desk's page of the run."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from airflow.sdk import BaseOperatorLink
from airflow.sdk.configuration import conf

RUN_ROUTE = "edye-run"
"""The route of the desk's tab on a run, as plugins/edye_delivery_plugin.py registers it."""


class DeskRunLink(BaseOperatorLink):
    """Leads from a task to the desk's page of its run: the report, its totals, and whose turn it is."""

    @property
    def name(self) -> str:
        """The words on the button."""
        return "EDYE report"

    def get_link(self, operator: object, *, ti_key: object) -> str:
        """The address within Airflow; the run is that of the task instance."""
        return desk_run_path(ti_key.dag_id, ti_key.run_id)  # type: ignore[attr-defined]


def desk_run_path(dag_id: str, run_id: str) -> str:
    """The address of the desk's tab on a run, below Airflow's own root."""
    root = urlsplit(_base_url()).path.rstrip("/")
    return f"{root}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}/plugin/{RUN_ROUTE}"


def desk_run_address(dag_id: str, run_id: str) -> str:
    """The whole address of that page; only its path where this Airflow does not know its own address."""
    known = urlsplit(_base_url())
    origin = f"{known.scheme}://{known.netloc}" if known.netloc else ""
    return f"{origin}{desk_run_path(dag_id, run_id)}"


def _base_url() -> str:
    return conf.get("api", "base_url", fallback="") or ""
