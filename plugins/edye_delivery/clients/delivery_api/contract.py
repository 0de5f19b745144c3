"""The delivery API's contract, as a check of what it answers: where a page or an item breaks it, as one sentence."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

from edye_delivery.catalog.printable import printable

FILE = Path(__file__).parents[2] / "include" / "contracts" / "edye-delivery-api.yaml"
DEFECT_MAX_CHARS = 300
PLACE_MAX_CHARS = 100


def defect_of(schema: str, value: Any) -> str:
    """Where the value breaks this schema of the contract, such as Item, first defect only; empty where it fits."""
    validator = _validator(schema)
    try:
        if validator.is_valid(value):
            return ""
        first = next(iter(validator.iter_errors(value)))
    except ValueError as error:  # nested more deeply than the validator goes
        return printable(f"it cannot be compared with the contract: {error}", DEFECT_MAX_CHARS)
    place = printable(".".join(map(str, first.instance_path)), PLACE_MAX_CHARS) or "the whole"
    return printable(f"{place}: {first.message}", DEFECT_MAX_CHARS)


@cache
def _validator(schema: str) -> Any:
    root = {"$ref": f"#/components/schemas/{schema}", "components": _components()}
    return jsonschema_rs.Draft202012Validator(root, validate_formats=True)


@cache
def _components() -> dict[str, Any]:
    """The contract's schemas; those of a page do not look into its items, which are checked one by one."""
    components: dict[str, Any] = yaml.safe_load(FILE.read_text("utf-8"))["components"]
    schemas = components["schemas"]
    schemas["Page"]["properties"]["items"] = {"type": "array"}
    schemas["Feed"]["properties"]["playlist"] = {"type": "array"}
    return {"schemas": schemas}
