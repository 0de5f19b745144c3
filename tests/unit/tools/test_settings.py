"""airflow_settings.yaml: the one place of local connections, over which the environment wins."""

import json

from tools.local import CONNECTION_SERVICES
from tools.settings import PROJECT, connections, environment

IDS = {"edye_api", "roku_ingest", "roku_ftp", "artifact_store", "feed_store", "delivery_ledger", "ingesta_logs"}


def test_every_connection_of_the_project_is_there():
    assert set(connections()) == IDS
    assert CONNECTION_SERVICES.keys() <= IDS


def test_connections_have_airflow_s_own_form():
    known = connections()
    assert known["roku_ingest"] == {
        "conn_type": "http",
        "host": "http://127.0.0.1",
        "port": 28083,
        "password": "abc123",
        "extra": {"trust_env": False},
    }
    assert known["delivery_ledger"]["host"] == str(PROJECT / "build" / "ledger.sqlite")
    assert known["artifact_store"]["extra"]["path"] == str(PROJECT / "build" / "artifacts")


def test_what_the_environment_sets_itself_is_not_set_again():
    told = environment(
        connections(), {"AIRFLOW_CONN_ROKU_INGEST": "http://:t@127.0.0.1:9", "AIRFLOW_CONN_EDYE_API": ""}
    )
    assert "AIRFLOW_CONN_ROKU_INGEST" not in told
    assert json.loads(told["AIRFLOW_CONN_EDYE_API"])["password"] == "edye-sandbox-token"
    assert len(told) == len(IDS) - 1
