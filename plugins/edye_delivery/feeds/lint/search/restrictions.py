"""Where a live channel may be seen: restrictions by postal code or market."""

from __future__ import annotations

import re
from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.roku.sources import LIVE_SECTION
from edye_delivery.feeds.rule import Hit, error, excerpt

RESTRICTION_KEYS = frozenset({"allow", "type", "valueType", "values"})
VALUE_FORMS = {"postal_code": re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{1,9}"), "dma": re.compile(r"[0-9]{3}")}
RESTRICTION_MALFORMED = error(
    "FEED205", "restriction-malformed", owner=Owner.DEVOPS,
    what="A restriction does not have allow (true or false), type geo, valueType postal_code or dma, values (texts).",
    why="Roku cannot apply it, and would show the channel where it may not be seen, or nowhere.",
    fix="Correct the restriction.",
    source=f"{LIVE_SECTION}, Restriction",
)  # fmt: skip


def check_restrictions(restrictions: Any, path: str, hits: list[Hit]) -> None:
    """Adds a defect for every restriction that Roku could not apply; the schema does not check them."""
    if not isinstance(restrictions, list):
        hits.append(RESTRICTION_MALFORMED.at(path, f"{excerpt(restrictions)} is not a list"))
        return
    for index, restriction in enumerate(restrictions):
        reason = _defect_of(restriction)
        if reason:
            hits.append(RESTRICTION_MALFORMED.at(f"{path}/{index}", reason))
        else:
            unknown_keys(restriction, RESTRICTION_KEYS, f"{path}/{index}", hits)


def _defect_of(restriction: Any) -> str:
    if not isinstance(restriction, dict):
        return f"{excerpt(restriction)} is not an object"
    if not isinstance(restriction.get("allow"), bool):
        return f"allow is {excerpt(restriction.get('allow'))}, not true or false"
    if restriction.get("type") != "geo":
        return f"type is {excerpt(restriction.get('type'))}, not geo"
    form = VALUE_FORMS.get(str(restriction.get("valueType")))
    if form is None:
        return f"valueType is {excerpt(restriction.get('valueType'))}, not postal_code or dma"
    values = restriction.get("values")
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        return "values is not a list of texts"
    wrong = next((value for value in values if form.fullmatch(value) is None), None)
    return "" if wrong is None else f"{excerpt(wrong)} is not a {restriction['valueType']}"
