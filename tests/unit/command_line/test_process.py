"""The command as a process of its own: exit codes, standard input, and what it does not load."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.command_line.feeds import a_feed, a_page, an_asset, as_bytes

PLUGINS = Path(__file__).parents[3] / "plugins"


def run(*arguments, code=("-m", "edye_delivery", "lint-feed"), stdin=b""):
    environment = {"PYTHONPATH": str(PLUGINS), "PATH": os.environ["PATH"], "LC_ALL": "C"}
    command = [sys.executable, *code, *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=environment, timeout=60)


@pytest.mark.parametrize(
    ("stdin", "exit_code", "told"),
    [
        (a_page(1), 0, "clean"),
        (as_bytes(a_feed(an_asset(type="film"))), 1, "1 error, 0 warnings"),
        (b"{", 2, "1 unusable input"),
    ],
    ids=["clean", "wrong", "unusable"],
)
def test_a_process_ends_with_the_exit_code_of_its_input(stdin, exit_code, told):
    answer = run("-", stdin=stdin)
    assert answer.returncode == exit_code, answer.stderr
    assert told in answer.stdout.decode()


def test_json_is_utf_8_in_every_locale():
    feed = as_bytes(a_feed(an_asset(id="ñ", type="film"))).replace(b"\\u00f1", "ñ".encode())
    document = json.loads(run("--format", "json", "-", stdin=feed).stdout.decode())
    assert document["findings"][0]["asset_id"] == "ñ"


def test_neither_airflow_nor_what_only_the_network_needs_is_loaded():
    code = (
        "import sys; from edye_delivery.command_line.app import app\n"
        "try: app(['lint-feed', '-'])\n"
        "except SystemExit: print(' '.join(sorted(sys.modules)))"
    )
    loaded = set(run(code=("-c", code), stdin=a_page(1)).stdout.decode().splitlines()[-1].split(" "))
    assert "edye_delivery.feeds.lint.images.checks" in loaded
    assert not {"airflow", "httpx", "PIL.Image", "sqlalchemy"} & loaded


def test_the_network_does_not_load_airflow_either():
    code = "import sys, edye_delivery.clients.feed_pages, edye_delivery.clients.feed_pictures; print(*sys.modules)"
    assert "airflow" not in run(code=("-c", code)).stdout.decode().split()


def test_a_terminal_sees_a_bar_and_nothing_of_a_name_that_would_command_it(tmp_path):
    (tmp_path / "\x1b[31m[bold]x.json").write_bytes(a_page(1))
    first, second = pty.openpty()
    environment = {"PYTHONPATH": str(PLUGINS), "PATH": os.environ["PATH"], "TERM": "xterm", "COLUMNS": "100"}
    command = [sys.executable, "-m", "edye_delivery", "lint-feed", "\x1b[31m[bold]x.json"]
    answer = subprocess.run(
        command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=second, timeout=60
    )  # fmt: skip
    os.close(second)
    shown = os.read(first, 100_000).decode()
    os.close(first)
    assert (answer.returncode, answer.stdout.decode().splitlines()[-1]) == (0, "clean")
    assert "reading" in shown
    assert "\x1b[31m[" not in shown
