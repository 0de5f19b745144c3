"""The secrets that docker-compose's first start makes."""

from __future__ import annotations

import base64
import configparser
import json
import stat
from pathlib import Path

from tools.compose import MAKERS, make_secrets


def contents(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="ascii") for path in sorted(folder.iterdir())}


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    first = contents(tmp_path)
    make_secrets(tmp_path)
    assert contents(tmp_path) == first


def test_what_was_lost_is_made_again_and_the_rest_stays(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    first = contents(tmp_path)
    (tmp_path / "airflow.cfg").unlink()
    (tmp_path / "admin_password").unlink()
    make_secrets(tmp_path)
    assert {name for name, content in contents(tmp_path).items() if content != first[name]} == {"admin_password"}


def test_two_installations_share_no_secret(tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        make_secrets(folder)
    one, two = map(contents, folders)
    assert not [name for name in MAKERS if one[name] == two[name]]


def test_only_the_owner_reads_them_and_no_part_is_left(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert contents(tmp_path).keys() == {*MAKERS, "airflow.cfg", "connections.json"}


def test_keys_are_as_long_as_their_algorithms_ask(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    made = contents(tmp_path)
    assert len(base64.urlsafe_b64decode(made["fernet_key"])) == 32
    assert len(made["jwt_secret"]) >= 64
    assert min(len(content) for content in made.values()) >= 24


def test_airflow_and_the_ledger_reach_the_database_with_its_password(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    password = (tmp_path / "postgres_password").read_text(encoding="ascii")
    configuration = configparser.RawConfigParser()
    configuration.read(tmp_path / "airflow.cfg", encoding="ascii")
    database = configuration["database"]["sql_alchemy_conn"]
    assert database == f"postgresql+psycopg2://airflow:{password}@postgres:5432/airflow"
    assert configuration["celery"]["result_backend"] == f"db+{database}"
    ledger = json.loads((tmp_path / "connections.json").read_text(encoding="ascii"))["delivery_ledger"]
    assert (ledger["password"], ledger["schema"]) == (password, "edye_ledger")
