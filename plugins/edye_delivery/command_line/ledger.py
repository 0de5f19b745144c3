"""`ledger`: migrate, verify and prune the ledger."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from edye_delivery.catalog.printable import printable
from edye_delivery.errors import DeliveryError

DIFFERENT, NOT_DONE = 1, 2

SENTENCE_MAX_CHARS = 1000

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Migrates the ledger's tables to this program's revision, checks that it agrees with itself, and prunes it."""


@app.command()
def migrate(
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
    to: Annotated[
        str | None, typer.Option(metavar="REVISION", help="Another revision than this program's, to go down to.")
    ] = None,
) -> None:
    """Brings the ledger's tables to this program's revision, whole or not at all; make a backup first.

    Exit code: 0 the ledger is at the revision, 2 it is not: stderr says why, and the ledger is unchanged.
    """
    logging.getLogger("alembic").setLevel(logging.WARNING)  # Airflow's log settings would print it too
    try:
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.database import open_unchecked_engine
        from edye_delivery.ledger.migrate import migrate as migrate_ledger
        from edye_delivery.ledger.read_only import address_of, refuse_absent, refuse_database_errors

        url = ledger_url(ledger, "ledger migrate")
        address = address_of(url)
        refuse_absent(url)
        with refuse_database_errors(url, "migrated"):
            engine = open_unchecked_engine(url)
            done = migrate_ledger(engine, to, lambda sentence: print(f"ledger {address}: {sentence}"))
            engine.dispose()
    except DeliveryError as error:
        print(f"ledger migrate: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NOT_DONE) from None
    if done.before == done.after:
        print(f"ledger {address}: is at revision {done.after}")
    else:
        before = f"revision {done.before}" if done.before else "a ledger before revision 0001"
        print(f"ledger {address}: migrated from {before} to revision {done.after}")


@app.command()
def verify(
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
) -> None:
    """Computes each title's status again from its events and deliveries, and names every difference; changes nothing.

    Exit code: 0 no difference, 1 a difference, 2 no answer: a wrong option, no ledger, one of another revision.
    """
    try:
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.read_only import address_of, open_read_only
        from edye_delivery.ledger.verify import count_titles, differences

        url = ledger_url(ledger, "ledger verify")
        with open_read_only(url) as connection:
            titles, number = count_titles(connection), 0
            for sentence in differences(connection):
                number += 1
                print(printable(sentence, SENTENCE_MAX_CHARS))
    except DeliveryError as error:
        print(f"ledger verify: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NOT_DONE) from None
    compared = "title_status, the events and the deliveries"
    print(f"ledger {address_of(url)}: {titles:,} titles, {number:,} differences between {compared}")
    if number:
        raise typer.Exit(DIFFERENT)


@app.command()
def prune(
    partner: Annotated[str | None, typer.Option(help="Only this partner's; encodes belong to all partners.")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Delete; without it, nothing is deleted.")] = False,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
    artifacts: Annotated[
        Path | None, typer.Option(help="The folder of the artifact store; else Airflow's artifact_store.")
    ] = None,
) -> None:
    """Deletes what is older than `retention` in the annexes: shipped events, encodes, files of ended runs.

    What a delivery that has not ended, a feed or a publication needs stays. Without --yes it says what it would delete.
    It may be stopped anywhere and begun again.

    Exit code: 0 done, 2 not: a wrong option, no ledger, or no store; stderr says why.
    """
    try:
        from edye_delivery.command_line.prune import prune_all

        prune_all(partner, ledger, artifacts, deletes=yes)
    except DeliveryError as error:
        print(f"ledger prune: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NOT_DONE) from None
