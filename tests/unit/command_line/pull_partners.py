"""A folder of annexes with partners that pull, made from the one that ships."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from click.testing import Result
from typer.testing import CliRunner

from edye_delivery.annex.load import DEFAULT_FOLDER
from edye_delivery.command_line.app import app

PULL = {"check": {"user": "reader"}, "users": {"reader": {"endpoints": ["shows", "episodes"]}}}
TWO_USERS = {**PULL, "users": {**PULL["users"], "feeder": {"endpoints": ["feed"]}}}


def write_annexes(folder: Path, **pull_by_partner: Any) -> None:
    """An annex for each partner, with this section `pull`, or without one where it is None."""
    folder.mkdir(exist_ok=True)
    content = yaml.safe_load(next(iter(sorted(DEFAULT_FOLDER.glob("roku*.yaml")))).read_text(encoding="utf-8"))
    for partner, pull in pull_by_partner.items():
        annex = {name: value for name, value in content.items() if name not in ("api", "ftp", "feeds", "withdrawal")}
        annex |= {"partner": partner, "display_name": partner, "client_id": partner}
        annex |= {"pull": pull} if pull is not None else {"ftp": content["ftp"]}
        (folder / f"{partner}.yaml").write_text(yaml.safe_dump(annex, sort_keys=False), encoding="utf-8")


def called(*arguments: object) -> Result:
    """The program with these arguments; an exception of ours fails the test."""
    result = CliRunner().invoke(app, list(map(str, arguments)))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result
