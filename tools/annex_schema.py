"""include/schemas/annex.schema.json: what an annex file may say, for editors and for whoever writes one."""

from __future__ import annotations

import json

from edye_delivery.annex.model import Annex

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document(command: str) -> str:
    """The JSON Schema of the annex model, keys sorted."""
    schema = Annex.model_json_schema() | {
        "$schema": DIALECT,
        "$comment": f"Generated from the annex model by {command}; do not edit.",
    }
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
