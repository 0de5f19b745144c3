"""Ids of other catalogues: the form of a Gracenote or IMDB id, and what a Gracenote id says of the title's type."""

from __future__ import annotations

import re

from edye_delivery.feeds.registry import Hit, shown
from edye_delivery.feeds.search_rules import EXTERNAL_ID_SHAPE
from edye_delivery.feeds.value_rules import EXTERNAL_ID_TYPE

GRACENOTE = re.compile(r"(MV|EP|SH)[0-9]{12}")
IMDB = re.compile(r"tt[0-9]{7,10}")
ADDRESS = re.compile(r"://|^www\.|\.com/|\.org/")
GRACENOTE_TYPES: dict[str, tuple[str, ...]] = {
    "movie": ("MV",), "episode": ("EP",), "series": ("SH",), "season": ("SH",), "tvspecial": ("MV", "SH"),
}  # fmt: skip
"""How the Gracenote ids of a type begin; of a type that is not here nothing is known."""


def check_external_id(source: str | None, name: str | None, kind: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect for an id that its source cannot have, or that is another type's; `kind` is that of the title."""
    if source is None or name is None:
        return
    defect = defect_of(source, name)
    if defect:
        hits.append(EXTERNAL_ID_SHAPE.at(path, f"{shown(name)} is {defect}"))
    elif source.upper() == "TMS" and name[:2] not in GRACENOTE_TYPES.get(kind, name[:2]):
        wanted = " or ".join(GRACENOTE_TYPES[kind])
        hits.append(EXTERNAL_ID_TYPE.at(path, f"{shown(name)} begins with {name[:2]}, a {kind}'s with {wanted}"))


def defect_of(source: str, name: str) -> str:
    """Why a source has no such id; empty where it may have."""
    match source.upper():
        case "TMS":
            return "" if GRACENOTE.fullmatch(name) else "no Gracenote id"
        case "IMDB":
            return "" if IMDB.fullmatch(name) else "no IMDB id such as tt0371724"
    return "an address, not an id" if ADDRESS.search(name) else ""
