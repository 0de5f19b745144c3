"""docker-compose.yaml: the services, their order, and what must never be in it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

PROJECT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text(encoding="utf-8"))["airflow"]
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", "worker")
ONE_SHOT = ("secrets", "init")
LOADED_BY_INIT = {"delivery_ledger"}


def with_defaults(text: str) -> str:
    """The text as compose reads it in an empty environment."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?\}", lambda found: found[1] or "", text)


def connections() -> dict[str, dict[str, Any]]:
    prefix = "AIRFLOW_CONN_"
    environment = SERVICES["worker"]["environment"]
    return {
        key.removeprefix(prefix).lower(): json.loads(with_defaults(value))
        for key, value in environment.items()
        if key.startswith(prefix)
    }


def scalars(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from scalars(part)
    elif isinstance(value, list):
        for part in value:
            yield from scalars(part)
    else:
        yield str(value)


def test_every_part_of_the_system_has_a_service() -> None:
    assert SERVICES.keys() == {"postgres", "redis", "sandbox", *COMPONENTS, *ONE_SHOT}


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_runs_the_same_image_with_the_same_settings(name: str) -> None:
    assert SERVICES[name]["image"] == SERVICES["init"]["image"]
    assert SERVICES[name]["environment"] == SERVICES["worker"]["environment"]
    assert SERVICES[name]["environment"]["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


def test_tasks_reach_the_api_server_by_its_service_name() -> None:
    url = SERVICES["worker"]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
    assert url == "http://api-server:8080/execution/"
    assert "8080" in SERVICES["api-server"]["command"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_no_component_starts_before_databases_and_connections_are_there(name: str) -> None:
    assert SERVICES[name]["depends_on"]["init"] == {"condition": "service_completed_successfully"}
    assert SERVICES["init"]["depends_on"]["postgres"] == {"condition": "service_healthy"}
    assert SERVICES["postgres"]["depends_on"]["secrets"] == {"condition": "service_completed_successfully"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_waits_for_what_exists_and_can_be_waited_for(name: str) -> None:
    for other, wish in SERVICES[name].get("depends_on", {}).items():
        expected = "service_completed_successfully" if other in ONE_SHOT else "service_healthy"
        assert wish == {"condition": expected}
        assert other in ONE_SHOT or "healthcheck" in SERVICES[other]


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - set(ONE_SHOT)))
def test_every_lasting_service_is_restarted_and_checked(name: str) -> None:
    assert SERVICES[name]["restart"] == "unless-stopped"
    check = SERVICES[name]["healthcheck"]
    imports_airflow = "airflow" in " ".join(check["test"]) and name in COMPONENTS
    assert int(check["timeout"].removesuffix("s")) >= (30 if imports_airflow else 10)


def test_the_one_place_that_loads_the_settings_is_init() -> None:
    loading = [name for name, service in SERVICES.items() if "tools.settings load" in str(service.get("command"))]
    assert loading == ["init"]


def test_init_migrates_the_ledger_once_its_database_and_its_connection_are_there() -> None:
    script = SERVICES["init"]["command"][-1]
    steps = [
        "python -m tools.compose ledger-database",
        "airflow connections import",
        "python -m edye_delivery ledger migrate",
    ]
    assert [script.count(step) for step in steps] == [1, 1, 1]
    assert sorted(steps, key=script.index) == steps


def test_ports_are_open_to_this_machine_only() -> None:
    ports = [port for service in SERVICES.values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_a_secret_is_neither_written_down_nor_defaulted() -> None:
    own = {entry["conn_password"] for entry in SETTINGS["connections"] if "conn_password" in entry}
    assert {connection["password"] for connection in connections().values() if "password" in connection} <= own
    named = re.compile(r"password|secret|token|fernet|(^|_)key(_|$)", re.IGNORECASE)
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            if named.search(key) and not key.endswith("_FILE"):
                assert with_defaults(str(value)) == "", f"{key} has a value in docker-compose.yaml"


def test_nothing_in_the_file_looks_like_a_key() -> None:
    assert not [text for text in scalars(COMPOSE) if re.search(r"\b[0-9a-f]{32,}\b|[A-Za-z0-9+_-]{43}=", text)]
    assert not [text for text in scalars(COMPOSE) if re.search(r"://[^/\s]*:[^/\s]*@", text)]


def test_every_connection_of_the_settings_is_there_with_a_host_that_containers_reach() -> None:
    settings = {entry["conn_id"]: entry["conn_type"] for entry in SETTINGS["connections"]}
    assert settings.keys() == connections().keys() | LOADED_BY_INIT
    assert all(connection["conn_type"] == settings[name] for name, connection in connections().items())
    assert "127.0.0.1" not in json.dumps(connections())


def test_connections_to_the_sandbox_name_ports_that_it_opens() -> None:
    opened = dict(re.findall(r"--(\w+)-port=(\d+)", " ".join(SERVICES["sandbox"]["command"])))
    known = connections()
    assert known["edye_api"]["port"] == int(opened["edye"])
    assert known["roku_ingest"]["port"] == int(opened["partner"])
    assert known["feed_store"]["extra"]["endpoint_url"] == f"http://sandbox:{opened['s3']}"
    assert known["edye_api"]["extra"]["allowed_hosts"] == ["sandbox"]
    assert "--public-host=sandbox" in SERVICES["sandbox"]["command"]


def test_every_volume_is_declared_and_secrets_are_written_by_one_service() -> None:
    mounts = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    assert {mount.split(":")[0] for listed in mounts.values() for mount in listed} == COMPOSE["volumes"].keys()
    writers = [name for name, listed in mounts.items() if "secrets:/var/lib/edye/secrets" in listed]
    assert writers == ["secrets"]


def test_the_image_has_what_it_copies_and_runs_as_nobody_special() -> None:
    dockerfile = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
    allowed = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    copied = [
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE) for word in line.split()
    ]
    assert {"dags", "plugins", "requirements.lock"} <= set(copied)
    assert all((PROJECT / word).exists() for word in copied)
    assert "*" in allowed
    assert {f"!{word}" for word in copied} == {line for line in allowed if line.startswith("!")}
    assert re.findall(r"^USER (.+)$", dockerfile, re.MULTILINE) == ["50000:0"]
    assert dockerfile.count("--require-hashes") == 2


@pytest.mark.parametrize("name", [".env", "build/ledger.sqlite", "tests/meta/test_compose.py", ".git/config"])
def test_the_build_context_leaves_out(name: str) -> None:
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    kept = [line[1:] for line in lines if line.startswith("!")]
    assert not any(fnmatch.fnmatch(name.split("/")[0], pattern) for pattern in kept)


def test_docker_compose_accepts_the_file_in_an_empty_environment(tmp_path: Path) -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("needs docker-compose; on Debian: apt-get install --yes docker-compose")
    file = ["--file", str(PROJECT / "docker-compose.yaml"), "--project-directory", str(tmp_path)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    answer = subprocess.run(
        [command, *file, "config", "-q"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (answer.returncode, answer.stderr) == (0, "")
