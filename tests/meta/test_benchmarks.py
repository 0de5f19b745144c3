"""The benchmarks at tiny sizes: each prints lines that a program can read, and leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.api import nginx_path
from benchmarks.figures import MIB, Figure
from benchmarks.memory import PeakMemory
from tests.vsftpd import vsftpd_path

pytestmark = pytest.mark.proof
PROJECT = Path(__file__).parents[2]
TIMEOUT_S = 600
GIT = shutil.which("git") or "git"
HOLDER = "block = b'x' * (64 * 1024 * 1024); print('ready', flush=True); input()"
UPLOAD = {
    "upload_curl",
    "upload",
    "upload_from_media_host",
    "upload_from_media_host_sha256",
    "upload_memory_growth_small_file",
    "upload_memory_growth",
    "upload_memory_growth_media_host",
}
FTP = {
    f"ftp_{server}{figure}"
    for server in ("sandbox", "vsftpd")
    for figure in ("_curl", "", "_from_media_host", "_memory_growth", "_memory_growth_media_host")
}
PROBE = {"ffprobe_local", "probe_local", "ffprobe_http", "probe_http", "ffprobe_http_bytes", "probe_http_bytes"}
LINT = {"lint_jsonschema", "lint", "lint_one_process"}
ASSEMBLE = {
    "assemble",
    "assemble_items",
    "assemble_memory_small",
    "assemble_memory",
    "assemble_first_change_pages",
    "assemble_first_change_links",
    "assemble_first_change",
    "assemble_next_change_pages",
    "assemble_next_change_links",
    "assemble_next_change",
}
DAY = {
    "day_fixed",
    "day_fixed_cpu",
    "day_fixed_task_instances",
    "day",
    "day_cpu",
    "day_task_instances",
    "day_memory_peak",
    "day_memory_peak_pss",
    "single_task_instances",
    "single_seconds_a_title",
    "day_seconds_a_title",
}
DAG_PARSE = {"dag_parse", "dag_parse_with_tasks"}
TRAIL_DAYS = {"trail_day_off", "trail_day"}
TRAIL = {"trail_insert_sqlite", "trail_written", "trail_helpers", "trail_shipped"} | TRAIL_DAYS
LOG = {f"log_{figure}{database}" for database in ("sqlite", "postgresql") for figure in ("insert_", "", "cpu_")} | {
    "log_add"
}
SWEEP = {"sweep_curl", "sweep", "sweep_calls", "sweep_memory_small", "sweep_memory"} | {
    "compare_sqlite", "compare", "compare_memory_small", "compare_memory",
}  # fmt: skip
PUBLISH = {
    "publish_sqlite",
    "publish",
    "publish_seconds",
    "publish_bytes",
    "publish_memory",
    "publish_changes_sqlite",
    "publish_changes",
    "publish_changes_bytes",
    "publish_changes_memory",
}
API = {"api_memory_small", "api_pages_granian"} | {
    f"api_{figure}{workers}"
    for figure in ("nginx_pages", "pages", "pages_p99", "nginx_unchanged", "unchanged", "memory")
    for workers in ("", "_two_workers")
}
DESK_PAGES = (
    "first_call", "today", "title", "windows", "feeds", "actions", "memory", "csv", "csv_memory_growth",
    *(f"search_{words}" for words in ("word", "frequent_word", "two_words", "two_frequent_words", "id", "tracking_id")),
    "distribution",
    *(f"distribution_{order}" for order in ("deep", "by_title", "by_title_deep", "by_id", "by_state")),
    *(f"distribution_{some}" for some in ("failed", "cause", "special_pt", "nobody_waits")),
    "distribution_accepted_in_a_year_by_title",
    "api_log", "api_log_24h", "api_log_7d", "api_log_30d",
    *(f"api_log_{kind}" for kind in ("calls", "failed_calls", "refused_calls_of_a_user")),
)  # fmt: skip
DESK = {f"desk_{database}_{page}" for database in ("sqlite", "postgresql") for page in DESK_PAGES} | {
    f"desk_{figure}{plugin}"
    for figure in ("start", "start_cpu", "start_memory", "own_dags", "own_page", "own_runs")
    for plugin in ("", "_without")
}
LEDGER = {
    f"ledger_{database}_{figure}"
    for database in ("sqlite", "postgresql")
    for figure in ("run", "shipping", "status", "open")
}
COLD = {"cold_run", "cold_setup", "second_run"}
MAKEFILE = "setup:\n\t@true\nrun: setup\n\t@test -z '$(VIRTUAL_ENV)'\n"


def lines_of(folder: Path, *arguments: str) -> list[dict[str, Any]]:
    """What `python -m benchmarks` prints when its temporary files go below the folder."""
    folder.mkdir(exist_ok=True)
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(folder), "AIRFLOW__CORE__DAGS_FOLDER": "/nowhere", "VIRTUAL_ENV": "/nowhere"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as benchmark:
        try:
            said, complaints = benchmark.communicate(timeout=TIMEOUT_S)
        except subprocess.TimeoutExpired:
            benchmark.terminate()  # not kill: it ends sandbox and Airflow first
            raise
    assert benchmark.returncode == 0, complaints
    return [json.loads(line) for line in said.splitlines()]


def assert_valid(lines: list[dict[str, Any]], names: set[str]) -> None:
    assert {line["name"] for line in lines} == names
    assert len(lines) == len(names)
    for line in lines:
        assert line["value"] >= 0, line
        assert isinstance(line["unit"], str)
        assert ("ratio" in line) == ("compared_to" in line)
        assert set(line) <= {"name", "value", "unit", "ratio", "compared_to"}


def a_repository(folder: Path) -> Path:
    """A git repository whose verbs do nothing."""
    folder.mkdir()
    (folder / "Makefile").write_text(MAKEFILE, encoding="utf-8")
    identity = ["-c", "user.name=tests", "-c", "user.email="]
    for command in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "A Makefile"]):
        subprocess.run([GIT, *command], cwd=folder, check=True)
    return folder


def test_a_figure_without_a_comparison_says_nothing_of_one():
    assert json.loads(Figure("day", 1.23456, "s").line()) == {"name": "day", "value": 1.235, "unit": "s"}


def test_a_figure_tells_its_ratio_and_what_it_is_compared_with():
    line = json.loads(Figure("upload", 10.0, "MiB/s", 1.25, "curl").line())
    assert (line["ratio"], line["compared_to"]) == (1.25, "curl")


def test_upload_prints_speeds_and_memory_and_leaves_nothing(tmp_path):
    lines = lines_of(tmp_path / "room", "upload", "--upload-mib", "2", "--upload-rounds", "1")
    assert_valid(lines, UPLOAD)
    assert not list((tmp_path / "room").iterdir())


def test_ftp_prints_speeds_and_memory_for_both_servers_or_says_that_one_is_missing(tmp_path):
    lines = lines_of(tmp_path / "room", "ftp", "--ftp-mib", "2", "--ftp-rounds", "1")
    assert {line["name"] for line in lines} == FTP
    absent = [line for line in lines if line["name"].startswith("ftp_vsftpd") and vsftpd_path() is None]
    assert all(line["value"] is None and "apt-get install vsftpd" in line["missing"] for line in absent)
    present = [line for line in lines if line not in absent]
    assert_valid(present, {line["name"] for line in present})
    assert not list((tmp_path / "room").iterdir())


COMPARE = ("--compare-media", "3000")


def test_sweep_prints_seconds_calls_and_memory_and_leaves_nothing(tmp_path):
    lines = lines_of(tmp_path / "room", "sweep", "--sweep-media", "12000", "--sweep-rounds", "1", *COMPARE)
    assert_valid(lines, SWEEP)
    assert not list((tmp_path / "room").iterdir())


def test_probe_prints_titles_a_second_and_bytes_a_title(tmp_path):
    sizes = ("--probe-titles", "4", "--probe-video-s", "30", "--probe-rounds", "1")
    lines = lines_of(tmp_path, "probe", *sizes)
    assert_valid(lines, PROBE)
    bytes_a_title = {line["name"]: line["value"] for line in lines if line["unit"] == "bytes/title"}
    assert 64 * 1024 <= bytes_a_title["probe_http_bytes"] < bytes_a_title["ffprobe_http_bytes"]


def test_lint_prints_assets_a_second_beside_jsonschema(tmp_path):
    lines = lines_of(tmp_path, "lint", "--lint-assets", "200", "--lint-rounds", "1")
    assert_valid(lines, LINT)


def test_assemble_prints_speed_memory_and_the_cost_of_a_change(tmp_path):
    lines = lines_of(tmp_path / "room", "assemble", "--feed-titles", "400")
    assert_valid(lines, ASSEMBLE)
    pages = {line["name"]: line["value"] for line in lines if line["unit"] == "pages"}
    assert pages["assemble_first_change_pages"] == pages["assemble_next_change_pages"] == 1
    assert not list((tmp_path / "room").iterdir())


def test_publish_prints_speed_memory_and_the_cost_of_a_change_beside_sqlite(tmp_path):
    lines = lines_of(tmp_path / "room", "publish", "--publish-items", "500")
    assert_valid(lines, PUBLISH)
    ratios = {line["name"]: line.get("ratio") for line in lines}
    assert ratios["publish_changes_bytes"] < 1
    assert not list((tmp_path / "room").iterdir())


def test_api_prints_answers_a_second_beside_nginx_and_memory_or_says_what_is_missing(tmp_path):
    lines = lines_of(tmp_path / "room", "api", "--api-items", "300", "--api-seconds", "1")
    if shutil.which("wrk") is None or nginx_path() is None:
        assert all(line["value"] is None and "apt-get install" in line["missing"] for line in lines)
        pytest.skip("needs wrk and nginx; on Debian: apt-get install --yes wrk nginx-light")
    assert_valid(lines, API)
    assert not list((tmp_path / "room").iterdir())


def test_desk_prints_milliseconds_of_every_page_on_both_databases_and_what_a_start_takes(tmp_path):
    sizes = ("--desk-titles", "1000", "--desk-events", "5000", "--desk-calls", "1000")
    lines = lines_of(tmp_path, "desk", *sizes, "--desk-rounds", "1", "--desk-requests", "30", "--desk-starts", "1")
    assert {line["name"] for line in lines} == DESK
    assert len(lines) == len(DESK)
    assert all(line["value"] >= 0 for line in lines)
    assert {path.name for path in tmp_path.iterdir()} <= {".lockfile"}  # pgserver's own, empty


def test_ledger_prints_the_slowest_call_of_each_group_on_both_databases(tmp_path):
    sizes = ("--desk-titles", "1000", "--desk-events", "5000", "--desk-calls", "1000")
    lines = lines_of(tmp_path, "ledger", *sizes)
    assert {line["name"] for line in lines} == LEDGER
    assert len(lines) == len(LEDGER)
    calls = {line["name"]: len(line) - 3 for line in lines if not line["name"].endswith("_open")}
    assert calls == {name: {"run": 23, "shipping": 5, "status": 8}[name.rpartition("_")[2]] for name in calls}


def test_cold_clones_sets_up_and_runs_without_the_variables_of_its_caller(tmp_path):
    repository = a_repository(tmp_path / "repository")
    lines = lines_of(tmp_path / "room", "cold", "--cold-repository", str(repository))
    assert_valid(lines, COLD)


def test_dag_parse_prints_the_seconds_of_a_file_beside_those_with_its_tasks(tmp_path):
    lines = lines_of(tmp_path / "room", "dag_parse", "--parse-rounds", "1")
    assert_valid(lines, DAG_PARSE)
    seconds = {line["name"]: line["value"] for line in lines}
    assert seconds["dag_parse"] < seconds["dag_parse_with_tasks"]


@pytest.mark.real_airflow
def test_day_prints_time_task_instances_and_memory(tmp_path):
    lines = lines_of(tmp_path, "day", "--day-titles", "3", "--day-single-titles", "2")
    assert_valid(lines, DAY)
    counts = {line["name"]: line["value"] for line in lines if line["unit"] == "task instances"}
    assert counts == {"day_fixed_task_instances": 14, "day_task_instances": 14, "single_task_instances": 20}


STEPS = """
import sys
from datetime import UTC, datetime
from sqlalchemy import func, select
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import DELIVERIES, EVENTS
from tests.builders import a_plan
engine, plan = open_engine(sys.argv[1]), a_plan()
ledger = Ledger(engine, lambda: datetime.now(UTC))
ledger.plan("one", "run", [plan])
ledger.begin_send(plan.delivery_key, "run")
with engine.connect() as connection:
    states = list(connection.execute(select(DELIVERIES.c.state)).scalars())
    print(*states, connection.execute(select(func.count()).select_from(EVENTS)).scalar_one())
"""


@pytest.mark.parametrize(("trail", "printed"), [("on", "sending 2"), ("off", "sending 0")])
def test_a_process_without_the_trail_does_the_same_and_writes_no_event(tmp_path, trail, printed):
    paths = (PROJECT / "benchmarks" / "without_trail", PROJECT / "plugins", PROJECT)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, paths)), "TRAIL": trail}
    command = [sys.executable, "-c", STEPS, f"sqlite:///{tmp_path}/ledger.sqlite"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == printed


def test_trail_prints_what_is_written_and_shipped_a_second(tmp_path):
    # its days are those of `day`, with other variables; each pair takes five minutes
    lines = lines_of(tmp_path, "trail", "--trail-events", "200", "--trail-rounds", "1", "--trail-days", "0")
    assert_valid(lines, TRAIL - TRAIL_DAYS)


def test_log_prints_lines_a_second_beside_the_driver_s_inserts_and_leaves_nothing(tmp_path):
    # so long a path that the socket of PostgreSQL does not fit below it, and lies elsewhere
    room = tmp_path / "room".ljust(78 - len(f"{tmp_path}/"), "_")
    lines = lines_of(room, "log", "--log-lines", "600", "--log-rounds", "1")
    assert_valid(lines, LOG)
    assert {path.name for path in room.iterdir()} <= {".lockfile"}  # pgserver's own, empty


def test_memory_counts_the_children_and_leaves_out_those_it_is_told_to():
    command = [sys.executable, "-c", HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdout.readline()
        with PeakMemory(os.getpid(), frozenset()) as counted:
            pass
        with PeakMemory(os.getpid(), frozenset({child.pid})) as left_out:
            pass
        child.stdin.close()
    assert counted.rss_bytes - left_out.rss_bytes >= 64 * MIB
    assert counted.pss_bytes <= counted.rss_bytes


def test_the_document_has_a_row_for_every_figure_and_no_other():
    rows = re.findall(r"^\| `(\w+)` \|", (PROJECT / "docs" / "BENCHMARKS.md").read_text("utf-8"), re.MULTILINE)
    figures = (
        UPLOAD
        | FTP
        | PROBE
        | LINT
        | ASSEMBLE
        | DAY
        | DAG_PARSE
        | TRAIL
        | LOG
        | SWEEP
        | PUBLISH
        | API
        | DESK
        | LEDGER
        | COLD
    )
    assert sorted(rows) == sorted(figures)
