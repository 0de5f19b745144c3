"""No file of the project names a machine, a package index or a person; no code names a partner."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
MACHINE = re.compile(r"(?<![\w.$}-])/(?:home|root|Users|work)/[\w.]\S*")
INDEXES = re.compile(r"(?:-i|--(?:extra-)?index-url)[ =]https?:\S+")
EMAIL = re.compile(r"[\w.+-]+@((?:[\w-]+\.)+[a-z]{2,})")
PARTNERS = re.compile(r"roku|directv", re.IGNORECASE)
CITATIONS = re.compile(
    r"edye_delivery\.feeds\.roku|roku-(?:partner-annex\.md|ingest-api\.yaml)|"
    r"Roku's VOD delivery page|Known of Roku's own checks"
)
CODE = [PROJECT / "dags", PROJECT / "plugins"]
PACKAGE = PROJECT / "plugins" / "edye_delivery"
SPEAKS_OF_PARTNERS = (PACKAGE / "feeds", PACKAGE / "command_line" / "lint_feed.py")
"""Feeds and their linter are a partner's own formats (style, Partner differences are data)."""


def tracked_texts() -> list[tuple[str, str]]:
    """Name and text of every file that is tracked, or would be with the next `git add`."""
    git = shutil.which("git")
    assert git is not None, "the check of the tracked files needs git"
    command = [git, "-C", str(PROJECT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode().split("\0")
    texts = []
    for name in filter(None, names):
        file = PROJECT / name
        if file.is_file():
            texts.append((name, file.read_bytes().decode("utf-8", "replace")))
    assert len(texts) > 100
    return texts


@pytest.fixture(scope="module")
def texts() -> list[tuple[str, str]]:
    return tracked_texts()


@pytest.mark.parametrize("pattern", [MACHINE, INDEXES], ids=["machine", "index"])
def test_no_file_names_a_folder_of_a_machine_or_a_package_index(texts, pattern):
    assert [(name, found[0]) for name, text in texts for found in pattern.finditer(text)] == []


def test_no_file_has_an_e_mail_address_but_of_example_hosts(texts):
    found = [(name, match[0]) for name, text in texts for match in EMAIL.finditer(text) if not is_example(match[1])]
    assert found == []


def is_example(host: str) -> bool:
    return "example" in host.split(".")[-2:]


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("see /" + "home/someone/x", MACHINE),
        ("--index-url " + "https://packages.example", INDEXES),
        ("a" + "@b.com", EMAIL),
    ],
)
def test_the_patterns_find_what_they_are_for(text, pattern):
    assert pattern.search(text)


def code_files() -> list[Path]:
    found = (path for folder in CODE for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pyc")
    files = (path for path in found if path.parent.suffix != ".egg-info")  # what an installation leaves behind
    return [path for path in files if not {path, *path.parents} & set(SPEAKS_OF_PARTNERS)]


@pytest.mark.parametrize("path", code_files(), ids=lambda path: str(path.relative_to(PROJECT)))
def test_code_names_no_partner_but_where_it_cites_a_source(path):
    assert PARTNERS.findall(CITATIONS.sub("", path.read_text(encoding="utf-8"))) == []
    assert not PARTNERS.search(path.name)
