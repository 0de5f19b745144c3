"""A day on which every peer repeats our secrets: afterwards they are nowhere, and no terminal obeys a log.

Distinctive secrets for every connection, the real DAGs in a process of their own at log level DEBUG, refusals that
echo in seven encodings; then a search over everything that the runs left, databases included.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, make_url, text

from edye_delivery.annex.load import FOLDER_VARIABLE
from sandbox.server import Sandbox
from tests.builders import ANNEX_FILE, PROJECT, annex_content
from tests.components.hostile_ftp import HostileFtp, hostile_ftp
from tests.proofs.echoing_peers import (
    ENCODINGS,
    AlertService,
    Bucket,
    Catalogue,
    Cluster,
    Echoes,
    Partner,
    Peer,
    serving,
)
from tests.proofs.secret_search import contents_of, found_below, found_in, found_in_database, needles_of
from tools.local import airflow_variables, finish_database, start_database

pytestmark = pytest.mark.proof
SECRETS = {
    "catalogue's token": "cat/4f9a+77c1e0b2d8=tok",
    "partner's token": "prt/51c0+d9e8f7a6b5=tok",
    "partner's header": "hdr/a83b+0c4d5e6f71=key",
    "FTP password": "ftp-9b1e~c2d3f4a5b6-pw",
    "S3 key": "AKIA7Q2M9X4ZSECRETPRF",
    "S3 secret": "s3s/0e6d+8b7a9c1f2e=sec",
    "cluster's key": "els/c7f1+a2b3d4e5f6=key",
    "alert's password": "alr-3d5f~b1a2c3e4f5-pw",
    "alert's token": "hook-8e2c6a4b1d9f7350-tok",
    "ledger's password": "led-f6e5~d4c3b2a190-pw",
}
TOKEN, HOOK_PASSWORD, HOOK_TOKEN = (SECRETS[name] for name in ("partner's token", "alert's password", "alert's token"))
DAY = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z"}
FTP_TITLES = ["EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES"]
API, FTP = "deliver_api__roku_premium_subs_mx", "deliver_ftp__roku_premium_subs_mx"
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What a terminal or a reader of a log obeys or does not see; line breaks and tabs are the log's own."""


class Day:
    """What is left of the day: the folder, the ledger, the peers, what the runs printed."""

    def __init__(self, folder: Path, ledger_url: str) -> None:
        self.folder, self.ledger_url = folder, ledger_url
        self.peers: dict[str, Peer] = {}
        self.ftp: HostileFtp | None = None
        self.printed: list[bytes] = []

    def ledger_texts(self, column: str, table: str = "events") -> list[str]:
        engine = create_engine(self.ledger_url)
        with engine.connect() as connection:
            rows = connection.execute(text(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL"))  # noqa: S608
            found = [str(row[0]) for row in rows]
        engine.dispose()
        return found


@pytest.fixture(scope="module")
def day(box: Sandbox, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    """Three runs: over the API, over FTP, and one whose catalogue refuses."""
    made = Day(tmp_path_factory.mktemp("day"), database_url)
    (made.folder / "annexes").mkdir()
    (made.folder / "annexes" / ANNEX_FILE.name).write_text(json.dumps(quick_annex(), default=str), encoding="utf-8")
    with ExitStack() as stack:
        catalogue = Catalogue(
            echoes("catalogue's token"), box.edye_url, "edye-sandbox-token", SECRETS["catalogue's token"]
        )
        partner = Partner(
            echoes("partner's token", "partner's header"), box.partner_url, "abc123", SECRETS["partner's token"]
        )
        peers = {
            "catalogue": catalogue,
            "partner": partner,
            "bucket": Bucket(echoes("S3 key", "S3 secret")),
            "cluster": Cluster(echoes("cluster's key")),
            "alert": AlertService(echoes("alert's password", "alert's token")),
        }
        made.peers = {name: stack.enter_context(serving(peer)) for name, peer in peers.items()}
        words = [encode(SECRETS["FTP password"]).encode() for encode in ENCODINGS.values()]
        refusal = b"553-no\r\n" + b"".join(b" \x1b[31m %s\r\n" % word for word in words) + b"553 " + words[1] + b"\r\n"
        made.ftp = stack.enter_context(hostile_ftp(MKD=refusal, CWD=refusal, STOR=refusal, SIZE=refusal, PASV=refusal))
        environment = stack.enter_context(pytest.MonkeyPatch.context())
        for name in [name for name in os.environ if name.startswith("AIRFLOW")]:
            environment.delenv(name)
        variables = airflow_variables(made.folder / "airflow") | variables_of(made)
        finish_database(start_database(variables), made.folder / "airflow")
        run(made, variables, API, DAY)
        run(made, variables, FTP, {**DAY, "external_ids": FTP_TITLES, "reason": "the API answers 503 since yesterday"})
        catalogue.refuses = True
        run(made, variables, API, {**DAY, "mode": "all"})
        yield made


def echoes(*names: str) -> Echoes:
    return Echoes(*(SECRETS[name] for name in names))


def quick_annex() -> dict[str, Any]:
    annex = annex_content() | {"alert": {"consecutive_errors": 1}, "circuit_breaker": {"technical_errors": 100}}
    quick = {"polling": {"first_s": 0.6, "every_s": 0.2, "slowest_s": 1, "give_up_s": 60}}
    annex["api"] |= quick | {"retry": {"attempts": 2, "base_s": 0.01, "cap_s": 0.05}}
    annex["ftp"] |= quick | {"retry": {"attempts": 2, "base_s": 0.01, "cap_s": 0.05}}
    annex["reencode"]["preset"] = "ultrafast"
    return annex


def variables_of(day: Day) -> dict[str, str]:
    """The environment of the runs: every connection with a secret of its own, logs at DEBUG."""
    ledger, local = make_url(day.ledger_url), {"trust_env": False}
    service = f"{day.peers['alert'].url.removeprefix('http://')}/services/{HOOK_TOKEN}"
    known: dict[str, dict[str, Any]] = {
        "edye_api": {"conn_type": "http", "host": day.peers["catalogue"].url, "password": SECRETS["catalogue's token"],
                     "extra": {**local, "allowed_hosts": ["127.0.0.1"]}},
        "roku_ingest": {"conn_type": "http", "host": day.peers["partner"].url, "password": SECRETS["partner's token"],
                        "extra": {**local, "X-Api-Key": SECRETS["partner's header"]}},
        "roku_ftp": {"conn_type": "ftp", "host": "127.0.0.1", "port": day.ftp.port, "login": "edye",
                     "password": SECRETS["FTP password"]},
        "feed_store": {"conn_type": "aws", "login": SECRETS["S3 key"], "password": SECRETS["S3 secret"],
                       "extra": {"bucket_name": "edye-feeds", "endpoint_url": day.peers["bucket"].url,
                                 "region_name": "us-east-1", "config_kwargs": {"retries": {"max_attempts": 1}}}},
        "ingesta_logs": {"conn_type": "http", "host": day.peers["cluster"].url, "password": SECRETS["cluster's key"]},
        "alerts": {"conn_type": "apprise",
                   "extra": {"config": [{"path": f"json://edye:{HOOK_PASSWORD}@{service}"}]}},
        "artifact_store": {"conn_type": "fs", "extra": {"path": str(day.folder / "artifacts")}},
        "delivery_ledger": {"conn_type": "postgres", "host": ledger.query["host"], "login": ledger.username,
                            "schema": ledger.database, "password": SECRETS["ledger's password"]},
    }  # fmt: skip
    return {
        **{f"AIRFLOW_CONN_{conn_id.upper()}": json.dumps(fields) for conn_id, fields in known.items()},
        FOLDER_VARIABLE: str(day.folder / "annexes"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "DEBUG",
        "AIRFLOW__LOGGING__COLORED_CONSOLE_LOG": "False",
        "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")]),
        "TMPDIR": str(day.folder),
    }


def run(day: Day, variables: dict[str, str], dag_id: str, conf: dict[str, Any]) -> None:
    """One run of the DAG as `make run` has it, in a process of its own."""
    folder = day.folder / f"run-{len(day.printed)}"
    command = [sys.executable, "-m", "tools.one_run", dag_id, json.dumps(conf), str(folder)]
    done = subprocess.run(command, env=variables, cwd=PROJECT, capture_output=True, timeout=900, check=False)
    day.printed.append(done.stdout + done.stderr)
    assert b'"event": "done"' in done.stdout, (folder / "airflow.log").read_text(errors="replace")[-3000:]


def test_the_peers_repeated_the_secrets_and_the_runs_met_every_refusal(day):
    assert [name for name, peer in day.peers.items() if not peer.calls] == []
    assert any(command.startswith("PASS") for command in day.ftp.heard)
    details = " ".join(day.ledger_texts("detail"))
    assert "***" in details
    assert "553" in details
    for status in ("422", "400", "200"):
        assert f"the partner answered {status}" in details
    assert any("***" in refusal for refusal in day.ledger_texts("refusal"))
    assert any("***" in told for told in day.ledger_texts("detail", "alerts"))
    assert b"***" in b"".join(day.peers["alert"].taken)
    log = "".join((day.folder / f"run-{number}" / "airflow.log").read_text() for number in range(3))
    assert "AccessDenied" in log
    assert "the EDYE API (/v1/shows, page 1) answered 400" in log
    assert "receive_response_headers.complete" in log, "the library's own words at DEBUG are to be searched too"


def test_no_secret_is_left_in_any_file_log_or_report(day):
    assert found_below(day.folder, needles_of(SECRETS)) == []


def test_no_secret_is_left_in_the_ledger(day):
    assert found_in_database(day.ledger_url, needles_of(SECRETS)) == []


def test_no_secret_is_printed_or_told_to_anybody(day):
    needles = needles_of(SECRETS)
    assert [told for printed in day.printed for told in found_in(printed, needles)] == []
    told = {name: found_in(b"\n".join(peer.taken), needles) for name, peer in day.peers.items()}
    assert told == {name: [] for name in day.peers}


def test_no_log_has_a_sign_that_a_terminal_obeys(day):
    logs = [path for path in day.folder.rglob("*") if path.suffix == ".log"]
    assert len(logs) >= 3
    lines = [line for path in logs for line in path.read_text("utf-8", "surrogateescape").split("\n")]
    assert [line for line in lines if OBEYED.search(line)][:3] == []
    assert [line for line in lines if line.startswith("[2026-03-01T06:00:00Z] INFO all is well")] == []
    assert any("⟨U+001B⟩" in line for line in lines)


def test_no_log_is_readable_by_others(day):
    modes = {str(path): oct(path.stat().st_mode & 0o077) for path in day.folder.rglob("*.log")}
    assert set(modes.values()) == {"0o0"}


@pytest.mark.parametrize("kind", ["text", "gzip", "xlsx", "sqlite"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_search_finds_a_secret_wherever_it_is(tmp_path, kind, encoding):
    """Without this the tests above could be green for a search that finds nothing."""
    echo = f"before {ENCODINGS[encoding](TOKEN)} after".encode()
    path = tmp_path / "left"
    match kind:
        case "text":
            path.write_bytes(echo)
        case "gzip":
            path.write_bytes(gzip.compress(echo))
        case "xlsx":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
                packed.writestr("xl/sharedStrings.xml", echo)
        case _:
            with closing(sqlite3.connect(path)) as database:
                database.execute("CREATE TABLE xcom (value TEXT)")
                database.execute("INSERT INTO xcom VALUES (?)", (echo.decode(),))
                database.commit()
    assert found_below(tmp_path, needles_of(SECRETS))
    assert len(list(contents_of(path))) == (1 if kind == "text" else 2)
