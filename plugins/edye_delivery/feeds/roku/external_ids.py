"""Ids of other catalogues: the form of a Gracenote or IMDB id, and what a Gracenote id says about the title's type."""

from __future__ import annotations

import re

GRACENOTE = re.compile(r"(MV|EP|SH)[0-9]{12}")
IMDB = re.compile(r"tt[0-9]{7,10}")
ADDRESS = re.compile(r"://|^www\.|\.com/|\.org/")
GRACENOTE_TYPES: dict[str, tuple[str, ...]] = {
    "movie": ("MV",), "episode": ("EP",), "series": ("SH",), "season": ("SH",), "tvspecial": ("MV", "SH"),
}  # fmt: skip
"""How the Gracenote ids of a type begin; for a type that is not here, nothing is known."""


def defect_of(source: str, name: str) -> str:
    """Why a source cannot have such an id; empty if it can."""
    match source.upper():
        case "TMS":
            return "" if GRACENOTE.fullmatch(name) else "not a Gracenote id"
        case "IMDB":
            return "" if IMDB.fullmatch(name) else "not an IMDB id such as tt0371724"
    return "an address, not an id" if ADDRESS.search(name) else ""
