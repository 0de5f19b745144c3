"""The commands `edye-delivery`, or `python -m edye_delivery` in a checkout; none of them needs Airflow."""

from __future__ import annotations

from typing import Annotated

import typer

from edye_delivery.command_line import ledger, users
from edye_delivery.command_line.api_log import api_log
from edye_delivery.command_line.check import check
from edye_delivery.command_line.lint_feed import lint_feed
from edye_delivery.command_line.serve_api import serve_api
from edye_delivery.command_line.status import status
from edye_delivery.version import VERSION

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("lint-feed")(lint_feed)
app.command("check")(check)
app.command("status")(status)
app.command("api-log")(api_log)
app.add_typer(users.app, name="users")
app.command("serve-api")(serve_api)
app.add_typer(ledger.app, name="ledger")


def run() -> None:
    """The installed program."""
    app(prog_name="edye-delivery")


def _print_version(is_asked: bool) -> None:
    if is_asked:
        print(f"edye-delivery {VERSION}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version, and stop.")
    ] = False,
) -> None:
    """Tools for feeds, for files before their upload, for partners that pull, and for the ledger, without Airflow."""
