"""The secrets that docker-compose's first start makes."""

from __future__ import annotations

import base64
import configparser
import json
import stat
from pathlib import Path

import pytest

from tools.compose import MAKERS, make_secrets


def start(folder: Path) -> dict[str, str]:
    """One start: what is in the master folder and in those of the services, by path."""
    (folder / "handed").mkdir(exist_ok=True)
    make_secrets(folder, folder / "handed")
    return {str(path.relative_to(folder)): path.read_text(encoding="ascii") for path in files(folder)}


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    assert start(tmp_path) == start(tmp_path)


def test_what_was_lost_is_made_again_and_the_rest_stays(tmp_path: Path) -> None:
    first = start(tmp_path)
    (tmp_path / "handed" / "worker" / "airflow.cfg").unlink()
    (tmp_path / "admin_password").unlink()
    changed = {name for name, content in start(tmp_path).items() if content != first[name]}
    assert changed == {"admin_password", "handed/init/admin_password"}


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
    one, two = map(start, folders)
    assert not [name for name in MAKERS if one[name] == two[name]]


def test_only_the_owner_reads_them_but_for_postgres_which_is_another_user_and_no_part_is_left(tmp_path: Path) -> None:
    found = start(tmp_path)
    shared = tmp_path / "handed" / "postgres" / "postgres_password"
    assert {stat.S_IMODE(path.stat().st_mode) for path in files(tmp_path) if path != shared} == {0o600}
    assert stat.S_IMODE(shared.stat().st_mode) == 0o640
    assert not [name for name in found if ".part" in name]
    assert {name for name in found if "/" not in name} == MAKERS.keys()


def test_each_service_is_handed_what_it_needs_and_no_more(tmp_path: Path) -> None:
    found = start(tmp_path)
    having = {
        secret: {name.split("/")[1] for name, content in found.items() if "/" in name and found[secret] in content}
        for secret in MAKERS
    }
    of_airflow = {"init", "api-server", "scheduler", "dag-processor", "triggerer", "worker"}
    assert having == {
        "postgres_password": of_airflow | {"postgres", "delivery-api"},
        "redis_password": {"redis", "scheduler", "worker"},
        "admin_password": {"init"},
        "fernet_key": of_airflow - {"worker"} | {"delivery-api"},
        "jwt_secret": {"api-server", "scheduler"},
        "session_key": {"init", "api-server", "triggerer", "worker"},
        "elastic_password": {"elasticsearch", "elastic-init"},
        "kibana_password": {"elastic-init", "kibana"},
        "kibana_key": {"kibana"},
        "s3_password": {"s3"},
    }


def test_keys_are_as_long_as_their_algorithms_ask(tmp_path: Path) -> None:
    made = start(tmp_path)
    assert len(base64.urlsafe_b64decode(made["fernet_key"])) == 32
    assert len(made["jwt_secret"]) >= 64
    assert min(len(content) for content in made.values()) >= 24


def test_airflow_and_the_ledger_reach_the_database_with_its_password(tmp_path: Path) -> None:
    made = start(tmp_path)
    password = made["postgres_password"]
    configuration = configparser.RawConfigParser()
    configuration.read_string(made["handed/scheduler/airflow.cfg"])
    database = configuration["database"]["sql_alchemy_conn"]
    assert database == f"postgresql+psycopg2://airflow:{password}@postgres:5432/airflow"
    assert configuration["celery"]["result_backend"] == f"db+{database}"
    ledger = json.loads(made["handed/init/connections.json"])["delivery_ledger"]
    assert (ledger["password"], ledger["schema"]) == (password, "edye_ledger")


def test_artifacts_and_trail_go_to_folders_until_the_environment_names_their_profiles(
    tmp_path: Path, monkeypatch
) -> None:
    for name in ("ARTIFACTS", "TRAIL"):
        monkeypatch.delenv(name, raising=False)
    connections = json.loads(start(tmp_path)["handed/init/connections.json"])
    assert {connections[name]["conn_type"] for name in ("artifact_store", "ingesta_logs")} == {"fs"}
    monkeypatch.setenv("ARTIFACTS", "s3")
    monkeypatch.setenv("TRAIL", "elastic")
    made = start(tmp_path)
    connections = json.loads(made["handed/init/connections.json"])
    assert connections["artifact_store"]["password"] == made["s3_password"]
    assert connections["artifact_store"]["extra"]["endpoint_url"] == "http://s3:9000"
    assert connections["ingesta_logs"]["password"] == made["elastic_password"]
    monkeypatch.setenv("TRAIL", "kafka")
    with pytest.raises(SystemExit, match="TRAIL is 'kafka': write folder or elastic"):
        start(tmp_path)
