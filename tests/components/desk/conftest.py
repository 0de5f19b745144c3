"""The desk inside Airflow's own application, called over ASGI: the real DAGs, logins, a ledger of SQLite."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.airflow_home import prepare

prepare()

ORIGIN = "http://127.0.0.1"
PARTNER, OTHER_PARTNER = "roku_premium_subs_mx", "sample_pull"


@pytest.fixture(scope="session")
def airflow_app():
    """Airflow's application with the desk in it, on a metadata database that has our DAGs."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AIRFLOW__CORE__AUTH_MANAGER", "tests.components.desk.auth_manager.DagAuthManager")
        environment.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a secret of the tests, " * 4)
        environment.setenv("AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS", "admin:admin")
        environment.setenv("_AIRFLOW_PROCESS_CONTEXT", "server")
        from airflow.utils.db import initdb

        initdb()
        load_dags()
        from airflow.api_fastapi.app import create_app

        yield create_app(apps="core")


def load_dags() -> None:
    """The project's DAGs in the metadata database, as the dag-processor would leave them."""
    import os

    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db

    DagBundlesManager().sync_bundles_to_db()
    bag = DagBag(dag_folder=os.environ["AIRFLOW__CORE__DAGS_FOLDER"], bundle_name="dags-folder")
    assert bag.import_errors == {}
    sync_bag_to_db(bag, "dags-folder", None)


@pytest.fixture
def ledger_file(tmp_path, monkeypatch) -> Path:
    """The ledger of the desk: an empty one of this program's revision, at the connection `delivery_ledger`."""
    from edye_delivery.ledger.database import open_engine

    path = tmp_path / "ledger.sqlite"
    open_engine(f"sqlite:///{path}").dispose()
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", json.dumps({"conn_type": "sqlite", "host": str(path)}))
    return path


@pytest.fixture
def artifact_folder(tmp_path, monkeypatch) -> Path:
    """The artifact store of the desk: an empty folder at the connection `artifact_store`."""
    folder = tmp_path / "artifacts"
    folder.mkdir()
    monkeypatch.setenv("AIRFLOW_CONN_ARTIFACT_STORE", json.dumps({"conn_type": "fs", "extra": {"path": str(folder)}}))
    return folder


@pytest.fixture
def login(airflow_app, ledger_file, artifact_folder) -> Iterator:
    """Gives a client of Airflow for a user: `login("admin")`; with DAGs, he may do only this with these.

    login("reader", {"deliver_api__roku_premium_subs_mx": ("GET",)}); login(None) is nobody.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from starlette.testclient import TestClient

    from tests.components.desk.auth_manager import METHODS_OF

    def client_of(name: str | None, dags: dict[str, tuple[str, ...]] | None = None) -> TestClient:
        client = TestClient(airflow_app, base_url=ORIGIN, raise_server_exceptions=False, follow_redirects=False)
        if name is not None:
            if dags is not None:
                METHODS_OF[name] = {dag_id: frozenset(methods) for dag_id, methods in dags.items()}
            token = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=name, role="admin"))
            client.cookies.set("_token", token)
        return client

    yield client_of
    METHODS_OF.clear()
