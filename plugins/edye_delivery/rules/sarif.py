"""SARIF 2.1.0: rules, places and failures as `lint-feed` and `check` write them, for code scanning and editors."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from edye_delivery.rules.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
SCHEME = re.compile(r"https?://")


def artifact_uri(name: str) -> str:
    """A file's name or URL as a URI reference."""
    if SCHEME.match(name):
        return quote(name, safe="%/:=&?~#+!$,;'@()*[]")
    path = quote(name)
    return f"file://{path}" if path.startswith("/") else path


def location(name: str) -> dict[str, Any]:
    """A file as a location (3.28)."""
    return {"physicalLocation": {"artifactLocation": {"uri": artifact_uri(name)}}}


def invocation(unusable: Iterable[tuple[str, str]], exit_code: int) -> dict[str, Any]:
    """How the call went (3.20): a notification for every file that could not be read, with the reason."""
    notifications = [
        {"level": "error", "message": {"text": why}, "locations": [location(name)]} for name, why in unusable
    ]
    return {
        "executionSuccessful": not notifications,
        "exitCode": exit_code,
        "toolExecutionNotifications": notifications,
    }


def descriptor(rule: Rule, level: str, **properties: str) -> dict[str, Any]:
    """A rule as a reportingDescriptor (3.49)."""
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {"text": f"{rule.fix} (Source: {rule.source}.)"},
        "defaultConfiguration": {"level": level},
        "properties": {"owner": rule.owner.value, "source": rule.source, **properties},
    }
