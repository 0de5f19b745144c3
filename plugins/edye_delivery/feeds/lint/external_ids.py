"""Rules of both kinds of feed on the ids of other catalogues."""

from __future__ import annotations

from edye_delivery.feeds.roku.external_ids import GRACENOTE_TYPES, defect_of
from edye_delivery.feeds.roku.sources import SEARCH_PAGE
from edye_delivery.feeds.rule import Hit, excerpt, warning

EXTERNAL_ID_SHAPE = warning(
    "FEED138", "external-id-shape",
    what="A Gracenote id is not MV, EP or SH with twelve digits, an IMDB id not tt with digits, or any id an address.",
    why="Roku finds nothing under such an id.",
    fix="Copy only the id, such as MV012345670000 or tt0371724; in an address it is the last part.",
    source=f"{SEARCH_PAGE}, ExternalId; roku-direct-publisher-feed.md, External ID",
)  # fmt: skip
EXTERNAL_ID_TYPE = warning(
    "FEED141", "external-id-type",
    what="A Gracenote id begins like the ids of another type: MV is a movie, EP an episode, SH a show.",
    why="Roku takes the texts and pictures of another title from Gracenote, or finds none.",
    fix="Copy the id of this title: MV for a movie, EP for an episode, SH for its series.",
    source=f"{SEARCH_PAGE}, ExternalId",
)  # fmt: skip


def check_external_id(source: str | None, name: str | None, kind: str, path: str, hits: list[Hit]) -> None:
    """Adds a defect for an id that its source cannot have, or that belongs to another type than the title's `kind`."""
    if source is None or name is None:
        return
    defect = defect_of(source, name)
    if defect:
        hits.append(EXTERNAL_ID_SHAPE.at(path, f"{excerpt(name)} is {defect}"))
    elif source.upper() == "TMS" and name[:2] not in GRACENOTE_TYPES.get(kind, name[:2]):
        prefixes = " or ".join(GRACENOTE_TYPES[kind])
        hits.append(
            EXTERNAL_ID_TYPE.at(path, f"{excerpt(name)} begins with {name[:2]}, expected {prefixes} for a {kind}")
        )
