"""The desk's pages in the order of its navigation, and addresses within the desk and within Airflow."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from urllib.parse import quote, urlencode, urlsplit

PREFIX = "/edye"
"""Where Airflow mounts the desk."""
AIRFLOW_APP = "edye_airflow_app"
"""The key of a request's scope under which the application is that the desk is mounted in: Airflow's own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the navigation: its address below the desk, and its name."""

    path: str
    name: str


ENTRIES = (
    Entry("/", "Today"),
    Entry("/titles", "Titles"),
    Entry("/distribution", "Distribution"),
    Entry("/windows", "Windows"),
    Entry("/feeds", "Feeds"),
    Entry("/api-log", "API log"),
    Entry("/actions", "Actions"),
    Entry("/partners", "Partners"),
    Entry("/try", "Try a file"),
)


@cache
def airflow_root() -> str:
    """The path below which Airflow answers, without a slash at its end: empty, unless [api] base_url has one."""
    from airflow.configuration import conf

    return urlsplit(conf.get("api", "base_url", fallback="") or "").path.rstrip("/")


def desk_address(path: str, **query: object) -> str:
    """The address of a page of the desk, its query without the values that are None or empty."""
    given = {name: value for name, value in query.items() if value not in (None, "", ())}
    return f"{airflow_root()}{PREFIX}{path}" + (f"?{urlencode(given, doseq=True)}" if given else "")


def title_address(partner: str, external_id: str, part: str = "", **query: object) -> str:
    """The address of a title's page at a partner, or of a part of it, such as `/metadata.json`."""
    return desk_address(f"/titles/{quote(partner, safe='')}/{quote(external_id, safe='')}{part}", **query)


def partner_address(partner: str) -> str:
    """The address of a partner's page, by its name in the ledger or its annex."""
    return desk_address(f"/partners/{quote(partner, safe='')}")


def text_address(name: str) -> str:
    """The address of a text: a section of the runbook by its heading, or a rule by its code."""
    return desk_address(f"/texts/{quote(name, safe='')}")


def airflow_run_address(dag_id: str, run_id: str) -> str:
    """The address of a run's own page in Airflow."""
    return f"{airflow_root()}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}"


def approval_address(dag_id: str, run_id: str) -> str:
    """The address of Airflow's page where a person answers what a run asks."""
    return f"{airflow_run_address(dag_id, run_id)}/required_actions"


def airflow_dag_address(dag_id: str) -> str:
    """The address of a DAG's own page in Airflow."""
    return f"{airflow_root()}/dags/{quote(dag_id, safe='')}"
