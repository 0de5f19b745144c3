"""The program without Airflow: the wheel of this checkout, in an environment that has nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edye_delivery.version import VERSION
from tests.builders import PROJECT
from tests.unit.feeds.search_feeds import a_search_feed, encoded

UV = Path(sys.prefix) / "bin" / "uv"


def called(*command: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(list(map(str, command)), cwd=cwd, text=True, capture_output=True, timeout=300, check=False)
    assert "Traceback" not in answer.stderr, answer.stderr
    return answer


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The folder of the programs of an environment with the wheel and what it asks for, as locked, alone."""
    folder = tmp_path_factory.mktemp("installed")
    source = folder / "source"
    for name in ("plugins", "include"):
        shutil.copytree(PROJECT / name, source / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements-core.txt", "requirements-airflow.txt"):
        shutil.copy(PROJECT / name, source)
    wheels = ("build", "--quiet", "--wheel", "--no-build-isolation", "--python", sys.executable, "-o", folder)
    built = called(UV, *wheels, source, cwd=folder)
    assert built.returncode == 0, built.stderr
    (wheel,) = folder.glob("*.whl")
    called(sys.executable, "-m", "venv", "--without-pip", folder / "venv", cwd=folder)
    into = ("--quiet", "--python", folder / "venv" / "bin" / "python", "--constraints", PROJECT / "requirements.lock")
    answer = called(
        UV, "pip", "install", "--offline", *into, wheel, cwd=folder
    )  # what `make setup` has brought already
    if answer.returncode != 0:
        answer = called(UV, "pip", "install", *into, wheel, cwd=folder)
    assert answer.returncode == 0, answer.stderr
    return folder / "venv" / "bin"


def test_the_wheel_brings_no_airflow_and_says_its_version(installed, tmp_path):
    assert called(installed / "edye-delivery", "--version", cwd=tmp_path).stdout == f"edye-delivery {VERSION}\n"
    missing = "import importlib.util; print(*(importlib.util.find_spec(name) for name in ('airflow', 'boto3')))"
    assert called(installed / "python", "-c", missing, cwd=tmp_path).stdout == "None None\n"


def test_the_installed_linter_says_of_a_feed_what_the_checkouts_says(installed, tmp_path):
    pages = a_search_feed()
    pages[0]["assets"][0]["genres"] = ["none"]
    (tmp_path / "feed.json").write_bytes(encoded(pages[0]))
    arguments = ("lint-feed", "--format", "json", "feed.json")
    answers = [
        called(installed / "edye-delivery", *arguments, cwd=tmp_path),
        called(sys.executable, "-m", "edye_delivery", *arguments, cwd=tmp_path),
    ]
    assert [answer.returncode for answer in answers] == [1, 1]
    assert answers[0].stdout == answers[1].stdout
    assert "FEED013" in {finding["code"] for finding in json.loads(answers[0].stdout)["findings"]}


def test_the_installed_check_knows_the_annexes(installed, tmp_path):
    (tmp_path / "poster.jpg").write_bytes(b"no picture")
    answer = called(installed / "edye-delivery", "check", "poster.jpg", "--annex", "nobody", cwd=tmp_path)
    assert answer.returncode == 2
    assert "there is no annex 'nobody'; there are roku_premium_subs_mx" in answer.stderr
