"""What the README shows of the sample day: the lines of a first and of a second run."""

from __future__ import annotations

import re
from typing import Any

from tools.local import PROJECT

README = (PROJECT / "README.md").read_text(encoding="utf-8")
BLOCKS = [block.lstrip("\n") for block in re.split(r"^```\w*$", README, flags=re.MULTILINE)[1::2]]
FIRST, SECOND = (block for block in BLOCKS if " titles, " in block)
TITLE = re.compile(r"^  (accepted|rejected) +(\w+)(?:  (.+))?$", re.MULTILINE)


def shown_titles() -> list[tuple[str, ...]]:
    """State, external id and sentence of every title that the first run's sample has."""
    return TITLE.findall(FIRST)


def titles_of(report: dict[str, Any]) -> list[tuple[str, ...]]:
    """The same of a report's titles."""
    return [(title["state"], title["external_id"], title["detail"]) for title in report["titles"]]
