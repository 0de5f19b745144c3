"""docker-compose.yaml: the services, their order, and what must never be in it."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.annex.pools import upload_slots
from edye_delivery.dag_support.queues import QUEUES
from tools.compose import CONNECTION_PREFIX, PASSWORDS, SECTIONS, connected
from tools.local import ENGINE_FILE, engine_settings
from tools.settings import MEDIA_SLOTS_VARIABLE

PROJECT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
SETTINGS = yaml.safe_load((PROJECT / "airflow_settings.yaml").read_text(encoding="utf-8"))["airflow"]
WORKERS = tuple(f"worker-{queue}" for queue in QUEUES)
COMPONENTS = ("api-server", "scheduler", "dag-processor", "triggerer", *WORKERS)
PROFILES = ("sandbox", "elastic", "s3")
ONE_SHOT = ("secrets", "init", "elastic-init", "kibana-init", "s3-init")
OF_PROFILES = {
    "sandbox": {"sandbox"},
    "elastic": {"elasticsearch", "elastic-init", "kibana", "kibana-init"},
    "s3": {"s3", "s3-init"},
}
LOADED_BY_INIT = {"delivery_ledger", "artifact_store", "ingesta_logs"}


def with_defaults(text: str) -> str:
    """The text as compose reads it in an empty environment."""
    return re.sub(r"\$\{\w+(?::-([^}]*))?\}", lambda found: found[1] or "", text)


SAME_SECRETS = dict.fromkeys(WORKERS, "worker") | {"kibana-init": "elastic-init", "s3-init": "s3"}


def secrets_of(name: str) -> str:
    """Whose secrets a service is handed: those of all workers are the same."""
    return SAME_SECRETS.get(name, name)


def connections(service: str = WORKERS[0]) -> dict[str, dict[str, Any]]:
    """The service's connections, as `tools.compose connected` makes them in an empty environment."""
    environment = {key: with_defaults(value).replace("$$", "$") for key, value in environment_of(service).items()}
    return {
        key.removeprefix(CONNECTION_PREFIX).lower(): json.loads(value)
        for key, value in connected(environment).items()
        if key.startswith(CONNECTION_PREFIX)
    }


def environment_of(service: str) -> dict[str, str]:
    return SERVICES[service].get("environment", {})


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
    of_profiles = set().union(*OF_PROFILES.values())
    assert SERVICES.keys() == {"postgres", "redis", "delivery-api", *COMPONENTS, "secrets", "init"} | of_profiles


def test_what_a_profile_brings_is_started_with_it_only_and_nothing_else_waits_for_it() -> None:
    for profile, names in OF_PROFILES.items():
        assert {name for name, service in SERVICES.items() if service.get("profiles") == [profile]} == names
        for name in SERVICES.keys() - names:
            assert not names & SERVICES[name].get("depends_on", {}).keys()


def test_an_image_of_others_is_pinned_by_digest_or_by_its_whole_version() -> None:
    images = {service["image"] for service in SERVICES.values()} - {SERVICES["init"]["image"]}
    pinned = {image for image in images if re.search(r"@sha256:[0-9a-f]{64}$", image)}
    assert {image.partition("/")[0] for image in images - pinned} == {"docker.elastic.co"}
    assert all(re.search(r":\d+\.\d+\.\d+$", image) for image in images - pinned)
    bases = re.findall(r"^FROM (\S+)", (PROJECT / "Dockerfile").read_text(encoding="utf-8"), re.MULTILINE)
    assert all(re.search(r"@sha256:[0-9a-f]{64}$", base) for base in bases)


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_runs_the_same_image_with_the_same_settings(name: str) -> None:
    assert SERVICES[name]["image"] == SERVICES["init"]["image"]
    shared = environment_of("scheduler")
    assert shared.items() <= environment_of(name).items()
    assert shared["AIRFLOW__CORE__EXECUTOR"] == "CeleryExecutor"


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_has_a_right_of_root_or_writes_to_its_image(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True
    assert "privileged" not in service
    assert "/tmp" in service["tmpfs"]
    if service["image"] != SERVICES["init"]["image"]:  # ours says so itself
        assert not service["user"].startswith(("0", "root"))


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - {"secrets", "sandbox"}))
def test_each_service_sees_its_own_secrets_only_and_cannot_change_them(name: str) -> None:
    mounted = [mount for mount in SERVICES[name]["volumes"] if mount.startswith("secrets")]
    own = secrets_of(name)
    assert mounted == [f"secrets-{own}:/var/lib/edye/secrets:ro"]
    assert f"secrets-{own}:/var/lib/edye/handed/{own}" in SERVICES["secrets"]["volumes"]


def test_the_sandbox_sees_no_secret_and_the_service_that_makes_them_no_network() -> None:
    assert SERVICES["sandbox"]["volumes"] == ["sandbox:/var/lib/edye/sandbox"]
    assert SERVICES["secrets"]["network_mode"] == "none"


def test_partners_tokens_reach_worker_and_triggerer_only() -> None:
    having = {name for name in SERVICES if any("TOKEN" in key or "CONN_" in key for key in environment_of(name))}
    assert having == {*WORKERS, "triggerer"}
    assert connections("triggerer").keys() == {"roku_ingest", "roku_ftp"}
    for name in having:
        assert SERVICES[name]["command"][:4] == ["python", "-m", "tools.compose", "connected"]


def test_each_partner_that_pulls_can_get_a_token_for_its_exposure_check() -> None:
    pulled = {annex.partner for annex in load_annexes(DEFAULT_FOLDER).values() if annex.pull is not None}
    given = environment_of(WORKERS[0])
    text = {name: value.replace("$$", "$") for name, value in given.items() if name.endswith("DELIVERY_API")}
    variables = {f"{partner.upper()}_TOKEN": f"token of {partner}" for partner in pulled}
    assert variables.keys() <= given.keys()
    tokens = json.loads(connected(text | variables)["AIRFLOW_CONN_DELIVERY_API"])["extra"]["tokens"]
    assert tokens == {partner: f"token of {partner}" for partner in pulled}


def test_no_password_stands_on_a_command_line() -> None:
    told = [
        text for service in SERVICES.values() for text in scalars([service["command"]] if "command" in service else [])
    ]
    assert not [text for text in told if re.search(r"--password|--requirepass|(^|\s)-a\s|PGPASSWORD", text)]
    read_into_words = re.compile(r"\"?\$\$?\(cat [^)]*\)")
    assert not [text for text in told if read_into_words.search(text)]
    checks = [" ".join(service["healthcheck"]["test"]) for service in SERVICES.values() if "healthcheck" in service]
    assert all(text.count("$$(cat") == text.count("REDISCLI_AUTH=$$(cat") for text in checks)


@pytest.mark.parametrize("token", ['a"b', "back\\slash", "$HOME", "${x}", "tab\tand\nline", "ñ 漢", "'; true"])
def test_a_token_of_any_characters_reaches_its_connection_as_it_is(tmp_path: Path, token: str) -> None:
    text = environment_of(WORKERS[0])["AIRFLOW_CONN_ROKU_INGEST"].replace("$$", "$")
    variables = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "AIRFLOW_CONN_ROKU_INGEST": text,
        "ROKU_INGEST_HOST": "https://partner.example",
        "ROKU_INGEST_PORT": "443",
        "ROKU_INGEST_TOKEN": token,
    }
    printing = "import json, os; print(json.dumps(dict(os.environ)))"
    command = [sys.executable, "-m", "tools.compose", "connected", sys.executable, "-c", printing]
    answer = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=60)
    found = json.loads(answer.stdout)
    assert json.loads(found["AIRFLOW_CONN_ROKU_INGEST"])["password"] == token
    assert "ROKU_INGEST_TOKEN" not in found


def test_redis_reads_its_password_from_a_file_that_only_it_can_read(tmp_path: Path) -> None:
    (tmp_path / "redis_password").write_text("s3cret", encoding="ascii")
    server = tmp_path / "redis-server"
    server.write_text('#!/bin/sh\nstat -c %a "$1"\ncat "$1"\n', encoding="ascii")
    server.chmod(0o700)
    shell, options, script = SERVICES["redis"]["command"]
    script = script.replace("$$", "$").replace("/var/lib/edye/secrets", str(tmp_path))
    script = script.replace("/tmp/redis.conf", str(tmp_path / "redis.conf"))
    variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    answer = subprocess.run([shell, options, script], env=variables, capture_output=True, text=True, timeout=30)
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.splitlines() == ["600", 'save ""', "requirepass s3cret"]


def test_init_does_its_steps_in_order_stops_at_the_first_that_fails_and_names_no_secret(tmp_path: Path) -> None:
    for name in ("airflow", "python"):
        stand_in = tmp_path / name
        stand_in.write_text('#!/bin/sh\necho "${0##*/} $*" >>"$TOLD"\n[ "$FAILING" != "$2" ]\n', encoding="ascii")
        stand_in.chmod(0o700)
    shell, options, script = SERVICES["init"]["command"]

    def steps(failing: str) -> tuple[int, list[str]]:
        told = tmp_path / f"told-{failing}"
        variables = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "TOLD": str(told), "FAILING": failing}
        answer = subprocess.run([shell, options, script.replace("$$", "$")], env=variables, timeout=30)
        return answer.returncode, told.read_text(encoding="ascii").splitlines()

    status, told = steps("nothing")
    assert status == 0
    assert told[0] == "airflow db migrate"
    assert "python -m tools.compose ledger-database /var/lib/edye/secrets" in told
    assert told[-1] == "python -m tools.compose administrator /var/lib/edye/secrets"
    assert steps("migrate") == (1, ["airflow db migrate"])


def test_tasks_reach_the_api_server_by_its_service_name() -> None:
    url = SERVICES[WORKERS[0]]["environment"]["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"]
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
                assert with_defaults(str(value)) in {"", *own}, f"{key} has a value in docker-compose.yaml"


def test_nothing_in_the_file_looks_like_a_key() -> None:
    texts = [re.sub(r"@sha256:[0-9a-f]{64}$", "", text) for text in scalars(COMPOSE)]
    assert not [text for text in texts if re.search(r"\b[0-9a-f]{32,}\b|[A-Za-z0-9+_-]{43}=", text)]
    assert not [text for text in scalars(COMPOSE) if re.search(r"://[^/\s]*:[^/\s]*@", text)]


def test_every_connection_of_the_settings_is_there_with_a_host_that_containers_reach() -> None:
    settings = {entry["conn_id"]: entry["conn_type"] for entry in SETTINGS["connections"]}
    assert settings.keys() == connections().keys() | LOADED_BY_INIT
    assert all(connection["conn_type"] == settings[name] for name, connection in connections().items())
    assert "127.0.0.1" not in json.dumps(connections())


def test_connections_to_the_sandbox_name_ports_that_it_opens() -> None:
    opened = dict(re.findall(r"--(\w+)-port=(\d+)", " ".join(SERVICES["sandbox"]["command"])))
    known = connections()
    assert known["edye_api"]["port"] == opened["edye"]
    assert known["roku_ingest"]["port"] == opened["partner"]
    assert known["feed_store"]["extra"]["endpoint_url"] == f"http://sandbox:{opened['s3']}"
    assert known["edye_api"]["extra"]["allowed_hosts"] == ["sandbox"]
    assert "--public-host=sandbox" in SERVICES["sandbox"]["command"]


def test_the_delivery_api_serves_the_folder_that_workers_publish_to() -> None:
    mount = "delivery-api:/var/lib/edye/delivery-api"
    assert all(mount in SERVICES[worker]["volumes"] for worker in WORKERS)
    assert mount in SERVICES["delivery-api"]["volumes"]
    assert connections()["delivery_api_store"]["extra"]["path"] == mount.partition(":")[2]
    assert "--root=/var/lib/edye/delivery-api" in SERVICES["delivery-api"]["command"]
    told = connections()["delivery_api"]
    assert (told["host"], f"--port={told['port']}") == ("http://delivery-api", SERVICES["delivery-api"]["command"][-1])


def test_every_volume_is_declared_and_secrets_are_written_by_one_service() -> None:
    mounts = {name: service.get("volumes", []) for name, service in SERVICES.items()}
    assert {mount.split(":")[0] for listed in mounts.values() for mount in listed} == COMPOSE["volumes"].keys()
    for name, listed in mounts.items():
        writable = [mount for mount in listed if mount.startswith("secrets") and not mount.endswith(":ro")]
        assert (name == "secrets") == bool(writable)


def test_every_service_that_is_handed_secrets_has_a_folder_for_them_in_the_image() -> None:
    handed = re.search(r"for service in ([^;]+);", (PROJECT / "Dockerfile").read_text(encoding="utf-8"))
    assert handed is not None
    having = SECTIONS.keys() | PASSWORDS.keys() | {"kibana"}
    assert set(handed[1].split()) == having
    assert having == {secrets_of(name) for name in SERVICES} - {"secrets", "sandbox"}


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


def test_each_queue_has_a_worker_of_its_own_and_both_triggerers_are_the_same() -> None:
    read = {name: re.findall(r"--queues=(\S+)", " ".join(SERVICES[name]["command"])) for name in WORKERS}
    assert read == {f"worker-{queue}": [queue] for queue in QUEUES}
    assert SERVICES["triggerer"]["scale"] == 2


def test_workers_have_as_many_slots_as_the_pools_of_their_queue() -> None:
    slots = {
        name: int(with_defaults(" ".join(SERVICES[name]["command"])).partition("--concurrency=")[2]) for name in WORKERS
    }
    assert slots["worker-media"] == int(with_defaults(environment_of("init")[MEDIA_SLOTS_VARIABLE]))
    assert slots["worker-transfer"] >= sum(upload_slots(load_annexes(DEFAULT_FOLDER).values()).values())


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - set(ONE_SHOT)))
def test_every_lasting_service_has_a_bound_of_memory_processes_and_files(name: str) -> None:
    service = SERVICES[name]
    assert service["mem_limit"]
    assert service["pids_limit"] > 0
    assert service["ulimits"]["nofile"]["soft"] >= 65536
    assert service["ulimits"]["core"] == 0


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_has_the_settings_of_the_engine_from_the_one_file_that_has_them(name: str) -> None:
    assert SERVICES[name]["env_file"] == [str(ENGINE_FILE.relative_to(PROJECT))]
    assert not engine_settings().keys() & environment_of(name).keys()


def telemetry(service: str, *, is_on: bool) -> dict[str, str]:
    """The service's variables of OpenTelemetry, as compose reads them without EDYE_OTEL, or with EDYE_OTEL=True."""
    given = {name: value for name, value in environment_of(service).items() if "OTEL" in name}
    return {name: "True" if is_on and "EDYE_OTEL" in value else with_defaults(value) for name, value in given.items()}


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_sends_metrics_and_traces_where_one_variable_says_so(name: str) -> None:
    switches = ("AIRFLOW__METRICS__OTEL_ON", "AIRFLOW__TRACES__OTEL_ON")
    assert [telemetry(name, is_on=False)[switch] for switch in switches] == ["False", "False"]
    assert [telemetry(name, is_on=True)[switch] for switch in switches] == ["True", "True"]
    told = telemetry(name, is_on=True)
    assert (told["OTEL_EXPORTER_OTLP_PROTOCOL"], told["OTEL_TRACES_EXPORTER"]) == ("http/protobuf", "otlp_proto_http")
    assert told["OTEL_SERVICE_NAME"] == "edye-delivery"


def test_the_collectors_credentials_reach_no_service_that_sends_nothing_to_it() -> None:
    having = {name for name in SERVICES if "OTEL_EXPORTER_OTLP_HEADERS" in environment_of(name)}
    assert having == set(COMPONENTS)
    assert telemetry("scheduler", is_on=True)["OTEL_EXPORTER_OTLP_HEADERS"] == ""


def test_the_guide_names_every_variable_of_telemetry_that_compose_sets() -> None:
    guide = (PROJECT / "docs" / "guides" / "observability.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in guide for name in telemetry("scheduler", is_on=True))


@pytest.mark.parametrize("profile", ["", *PROFILES, ",".join(PROFILES)])
def test_docker_compose_accepts_the_file_in_an_empty_environment(tmp_path: Path, profile: str) -> None:
    command = shutil.which("docker-compose")
    if command is None:
        pytest.skip("needs docker-compose; on Debian: apt-get install --yes docker-compose")
    file = ["--file", str(PROJECT / "docker-compose.yaml"), "--project-directory", str(tmp_path)]
    (tmp_path / "include").symlink_to(PROJECT / "include")
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COMPOSE_PROFILES": profile}
    answer = subprocess.run(
        [command, *file, "config", "-q"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert (answer.returncode, answer.stderr) == (0, "")
