"""The commands of `python -m edye_delivery`; none of them needs Airflow."""

from __future__ import annotations

import typer

from edye_delivery.command_line import ledger
from edye_delivery.command_line.check import check
from edye_delivery.command_line.lint_feed import lint_feed
from edye_delivery.command_line.status import status

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
app.command("lint-feed")(lint_feed)
app.command("check")(check)
app.command("status")(status)
app.add_typer(ledger.app, name="ledger")


@app.callback()
def main() -> None:
    """Tools for feeds, for files before their upload, and for the ledger, that work without Airflow."""
