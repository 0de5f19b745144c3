"""The sandbox as a program: it tells where it answers, survives a kill, and stops when told."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.__main__ import main
from tests.sandbox.ftp_caller import connect

PROJECT = Path(__file__).resolve().parents[2]
# It takes half a second; a shared machine may be many times slower, and a call that is waited for would take 60 s.
STOP_LIMIT_S = 10
NAMES = ("edye", "media", "partner", "s3", "ftp", "admin", "jw")
Serve = Callable[..., tuple[subprocess.Popen[str], dict[str, Any]]]


@pytest.fixture
def serve(tmp_path, media_dir, sample) -> Iterator[Serve]:
    started: list[subprocess.Popen[str]] = []

    def _serve(*more: str) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "serve",
            "--state-dir",
            str(tmp_path),
            "--media-dir",
            str(media_dir),
        ]
        process = subprocess.Popen(
            [*command, *more], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        started.append(process)
        return process, json.loads(process.stdout.readline())

    yield _serve
    for process in started:
        process.kill()
        process.communicate()


def test_serve_tells_its_endpoints_and_stops_when_told(serve, tmp_path):
    process, told = serve()
    assert told["pid"] == process.pid
    assert json.loads((tmp_path / "endpoints.json").read_text()) == told
    assert httpx.get(f"{told['admin_url']}/health").json() == {"status": "ok"}
    assert httpx.get(f"{told['edye_url']}/v1/shows").status_code == 401
    assert httpx.get(f"{told['media_url']}/media/so-pulpo/video.mp4").status_code == 200
    assert "<Name>edye-artifacts</Name>" in httpx.get(told["s3_url"]).text
    assert connect(int(told["ftp_url"].rpartition(":")[2])).nlst() == ["error", "incoming", "outcome", "processed"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(STOP_LIMIT_S) == 0
    assert not (tmp_path / "endpoints.json").exists()


def test_two_sandboxes_that_want_the_same_ports_get_ports_of_their_own(serve, tmp_path):
    with ExitStack() as taken:
        options = ["--free-if-taken"]
        for name in NAMES:
            port = taken.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1]
            options += [f"--{name}-port", str(port)]
        told = serve(*options)[1]
        ports = [int(told[f"{name}_url"].rpartition(":")[2]) for name in NAMES]
    assert len({*ports, *map(int, options[2::2])}) == 14
    assert httpx.get(f"{told['admin_url']}/health").json() == {"status": "ok"}
    assert "<Name>edye-artifacts</Name>" in httpx.get(told["s3_url"]).text


def test_it_stops_quickly_though_a_call_hangs(serve, tmp_path):
    plan = tmp_path / "faults.yaml"
    plan.write_text("- {service: edye, kind: slow, delay_s: 60}\n")
    process, told = serve("--faults", str(plan))
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{told['edye_url']}/v1/shows", headers={"authorization": "Bearer edye-sandbox-token"}, timeout=0.3)
    process.send_signal(signal.SIGINT)
    assert process.wait(STOP_LIMIT_S) == 0
    assert "Traceback" not in process.stderr.read()


def test_a_killed_sandbox_remembers_what_it_took(serve, partner_of):
    process, told = serve("--processing-s", "0.5")
    partner = partner_of(told["partner_url"])
    tracking_id = partner.ingest("A_ES", key="k").json()["id"]
    os.kill(process.pid, signal.SIGKILL)
    process.wait(5)
    port = told["partner_url"].rsplit(":", 1)[1]
    _, again = serve("--processing-s", "0.5", "--partner-port", port)
    assert again["partner_url"] == told["partner_url"]
    assert partner.final(tracking_id)["status"] == "completed"
    assert partner.ingest("A_ES", key="k").json()["id"] == tracking_id
    (content,) = httpx.get(f"{again['admin_url']}/contents").json()
    assert (content["external_id"], content["times_sent"]) == ("A_ES", 2)
    entries = httpx.get(f"{again['admin_url']}/journal", params={"operation": "ingest"}).json()
    assert len(entries) == 2


def test_a_taken_port_is_told_in_one_sentence(box, tmp_path, media_dir, capsys):
    port = box.edye_url.rsplit(":", 1)[1]
    status = main(["serve", "--state-dir", str(tmp_path), "--media-dir", str(media_dir), "--edye-port", port])
    told = capsys.readouterr().err
    assert status == 2
    assert f"cannot listen on 127.0.0.1:{port}" in told
    assert "--edye-port" in told
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--catalogue", "generated:none"], "generated:N"),
        (["--catalogue", "nowhere.yaml"], "cannot read the catalogue"),
        (["--faults", "nowhere.json"], "cannot read the fault plan"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(tmp_path, capsys, more, words):
    assert main(["serve", "--state-dir", str(tmp_path), *more]) == 2
    told = capsys.readouterr().err
    assert words in told
    assert len(told.splitlines()) == 1


def test_an_unknown_key_of_the_fault_plan_ends_the_start(tmp_path, capsys):
    plan = tmp_path / "plan.json"
    plan.write_text('[{"service": "media", "kind": "cut", "after": 3}]')
    assert main(["serve", "--state-dir", str(tmp_path), "--faults", str(plan)]) == 2
    assert "no key 'after'" in capsys.readouterr().err


def test_media_are_made_once(tmp_path, capsys):
    command = ["media", "--state-dir", str(tmp_path), "--catalogue", "generated:2"]
    assert main(command) == 0
    first = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "media").iterdir() if path.suffix == ".mp4"}
    assert first
    assert main(command) == 0
    again = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "media").iterdir() if path.suffix == ".mp4"}
    assert again == first


def test_half_made_media_do_no_harm(tmp_path):
    media = tmp_path / "media"
    media.mkdir()
    (media / "0123.99999.new").write_bytes(b"half")
    (media / "index.json").write_text('{"broken')
    assert main(["media", "--state-dir", str(tmp_path), "--catalogue", "generated:1"]) == 0
    assert json.loads((media / "index.json").read_text())
    assert list(media.glob("*.new")) == []
