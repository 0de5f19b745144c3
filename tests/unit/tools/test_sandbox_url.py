"""The runbook's commands ask here where this checkout's sandbox is, and never reach another's."""

import json
import os

import pytest

from tools import sandbox_url


@pytest.fixture
def endpoints(tmp_path, monkeypatch):
    file = tmp_path / "endpoints.json"
    monkeypatch.setattr(sandbox_url, "SANDBOX_ENDPOINTS", file)
    return file


def test_a_service_of_a_running_sandbox_is_told(endpoints, capsys):
    endpoints.write_text(json.dumps({"admin_url": "http://127.0.0.1:4711", "pid": os.getpid()}))
    assert sandbox_url.main(["admin"]) == 0
    assert capsys.readouterr().out == "http://127.0.0.1:4711\n"


@pytest.mark.parametrize("left_behind", [None, {"admin_url": "http://127.0.0.1:4711", "pid": 2**22}])
def test_without_a_running_sandbox_nothing_is_told(endpoints, capsys, left_behind):
    if left_behind:
        endpoints.write_text(json.dumps(left_behind))
    assert sandbox_url.main(["admin"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "make up" in captured.err


@pytest.mark.parametrize("arguments", [[], ["nothing"], ["admin", "ftp"]])
def test_who_asks_for_nothing_that_exists_is_told_what_does(endpoints, capsys, arguments):
    assert sandbox_url.main(arguments) == 2
    assert "admin" in capsys.readouterr().err
