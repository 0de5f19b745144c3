"""The command as a person calls it, in this process."""

from __future__ import annotations

import json
from typing import Any

from click.testing import Result
from typer.testing import CliRunner

from edye_delivery.command_line.app import app
from edye_delivery.command_line.reading import LintOptions
from edye_delivery.feeds.roku.schemas import Profile


def called(*arguments: object, stdin: bytes | None = None) -> Result:
    """`lint-feed` with these arguments; an exception of ours fails the test."""
    result = CliRunner().invoke(app, ["lint-feed", *map(str, arguments)], input=stdin)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def as_json(*arguments: object, stdin: bytes | None = None) -> dict[str, Any]:
    """The JSON document of a call."""
    return json.loads(called("--format", "json", *arguments, stdin=stdin).stdout)


def codes(*arguments: object) -> list[str]:
    """The codes of all findings of a call."""
    return [finding["code"] for finding in as_json(*arguments)["findings"]]


def some_wishes(**changes: Any) -> LintOptions:
    """What a call without options wishes."""
    wishes = {"profile": Profile.SCHEMA, "now_ms": 1_790_000_000_000, "kind": None, "follow": False, "max_urls": None}
    return LintOptions(**(wishes | {"kept_max": 100} | changes))
