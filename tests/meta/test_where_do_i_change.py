"""The newcomer's page leads to files that are there and hold the name that it gives."""

from __future__ import annotations

import re

import pytest

from tests.builders import PROJECT

PAGE = (PROJECT / "docs" / "where-do-i-change.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| (.+?) \| `(.+?)` \| `(.+?)` \|$", PAGE, re.MULTILINE)


def test_every_row_of_the_page_is_read():
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    assert len(ROWS) == len(lines) - 2 >= 8


@pytest.mark.parametrize(("wish", "file", "name"), ROWS, ids=[row[0] for row in ROWS])
def test_the_file_is_there_and_defines_the_name(wish, file, name):
    text = (PROJECT / file).read_text(encoding="utf-8")
    in_python = rf"^(?:async )?(?:def|class) {name}\b|^{name}(?::.*)? = "
    in_yaml = rf"^\s*{name}:"
    assert re.search(in_python if file.endswith(".py") else in_yaml, text, re.MULTILINE), f"{file} defines no {name}"
