"""airflow_settings.yaml: the one place of local connections, over which the environment wins."""

import json

from edye_delivery.annex.load import FOLDER_VARIABLE
from tests.builders import ANNEX_FILE
from tools.local import SANDBOX_PORTS, airflow_variables, engine_settings, lead_to_sandbox
from tools.settings import MEDIA_SLOTS_VARIABLE, PROJECT, connections, environment, pools

IDS = {"edye_api", "roku_ingest", "roku_ftp", "artifact_store", "feed_store", "delivery_ledger", "ingesta_logs"}


def test_every_connection_of_the_project_is_there():
    assert set(connections()) >= IDS


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


def test_every_connection_to_a_port_of_the_sandbox_follows_it_and_no_other_does():
    known = connections() | {
        "second_partner": {"conn_type": "http", "host": "http://127.0.0.1", "port": SANDBOX_PORTS["partner"]},
        "elsewhere": {"conn_type": "http", "host": "https://partner.example", "port": SANDBOX_PORTS["partner"]},
        "own_stand_in": {"conn_type": "http", "host": "http://127.0.0.1", "port": 9},
        "second_bucket": {"conn_type": "aws", "extra": {"endpoint_url": f"http://127.0.0.1:{SANDBOX_PORTS['s3']}"}},
        "real_bucket": {"conn_type": "aws", "extra": {"endpoint_url": "https://s3.example"}},
    }
    now = {name: f"http://127.0.0.1:{40000 + number}" for number, name in enumerate(SANDBOX_PORTS)}
    lead_to_sandbox(known, {f"{name}_url": url for name, url in now.items()})
    partner, bucket, ftp = (int(now[name].rpartition(":")[2]) for name in ("partner", "s3", "ftp"))
    assert known["roku_ingest"]["port"] == known["second_partner"]["port"] == partner
    assert known["roku_ftp"]["port"] == ftp
    assert known["feed_store"]["extra"]["endpoint_url"] == f"http://127.0.0.1:{bucket}"
    assert known["second_bucket"]["extra"]["endpoint_url"] == f"http://127.0.0.1:{bucket}"
    assert known["elsewhere"]["port"] == SANDBOX_PORTS["partner"]
    assert known["own_stand_in"]["port"] == 9
    assert known["real_bucket"]["extra"]["endpoint_url"] == "https://s3.example"
    assert "port" not in known["delivery_ledger"]


def test_what_the_environment_sets_itself_is_not_set_again():
    told = environment(
        connections(), {"AIRFLOW_CONN_ROKU_INGEST": "http://:t@127.0.0.1:9", "AIRFLOW_CONN_EDYE_API": ""}
    )
    assert "AIRFLOW_CONN_ROKU_INGEST" not in told
    assert json.loads(told["AIRFLOW_CONN_EDYE_API"])["password"] == "edye-sandbox-token"
    assert len(told) == len(connections()) - 1


def test_pools_are_made_from_the_annexes_that_are_valid(tmp_path):
    (tmp_path / ANNEX_FILE.name).write_bytes(ANNEX_FILE.read_bytes())
    (tmp_path / "broken.yaml").write_text("partner: broken")
    found = pools({FOLDER_VARIABLE: str(tmp_path), MEDIA_SLOTS_VARIABLE: "6"})
    assert {name: pool["slots"] for name, pool in found.items()} == {f"uploads__{ANNEX_FILE.stem}": 4, "media": 6}
    assert not any(pool["include_deferred"] for pool in found.values())
    assert pools({})["media"]["slots"] >= 1


def test_the_engine_has_the_settings_of_its_file_and_the_callers_environment_wins(tmp_path, monkeypatch):
    name = "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT"
    monkeypatch.delenv(name, raising=False)
    assert engine_settings().items() <= airflow_variables(tmp_path).items()
    monkeypatch.setenv(name, "7")
    assert airflow_variables(tmp_path)[name] == "7"
