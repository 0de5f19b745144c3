"""What both kinds of feed ask of the ids of other catalogues."""

from __future__ import annotations

from edye_delivery.feeds.lint.search.rules import EXTERNAL_ID_SHAPE
from edye_delivery.feeds.lint.value_rules import EXTERNAL_ID_TYPE
from edye_delivery.feeds.roku.external_ids import GRACENOTE_TYPES, defect_of
from edye_delivery.rules.feed_rule import Hit, shown


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
