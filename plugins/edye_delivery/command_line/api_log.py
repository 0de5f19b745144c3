"""`api-log`: the calls of the delivery API, newest first, as a table or as CSV."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import parse_moment
from edye_delivery.command_line.printing import print_lines, print_pieces
from edye_delivery.errors import DeliveryError

if TYPE_CHECKING:  # SQLAlchemy doubles the time that the other commands need to start
    from edye_delivery.ledger.api_calls import CallReader, CallSelection

ALL = "all"
SHOWN = 100
SHOWN_ERRORS = 20
NO_ANSWER = 2
SENTENCE_MAX_CHARS = 1000


def api_log(
    partner: Annotated[str | None, typer.Option(help="Only calls of this partner.")] = None,
    user: Annotated[str | None, typer.Option(help="Only calls of this user.")] = None,
    endpoint: Annotated[Endpoint | None, typer.Option(help="Only calls of this endpoint.")] = None,
    status: Annotated[
        str | None, typer.Option(metavar="CODE|CLASS", help="Only this response code, such as 404, or class: 4xx.")
    ] = None,
    since: Annotated[str | None, typer.Option(metavar="MOMENT", help="From this moment on, RFC 3339.")] = None,
    until: Annotated[str | None, typer.Option(metavar="MOMENT", help="Before this moment, RFC 3339.")] = None,
    errors: Annotated[bool, typer.Option("--errors", help="Only calls of status 400 and more.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV, with every column.")] = False,
    limit: Annotated[
        str | None, typer.Option(metavar="all|N", help="How many; 100 or 20 errors in a table, all in a CSV.")
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
) -> None:
    """Shows the calls of the delivery API, newest first; changes nothing.

    Exit code: 0 done, 2 no answer: a wrong option, or no ledger.
    """
    count = _count(limit, None if as_csv else SHOWN_ERRORS if errors else SHOWN)
    try:
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.api_calls import CallReader, CallSelection, StatusRange
        from edye_delivery.ledger.read_only import open_read_only

        selection = CallSelection(
            partner=partner,
            user=user,
            endpoint=endpoint.value if endpoint else None,
            status=StatusRange.of(status) if status is not None else None,
            since=_moment(since, "--since"),
            until=_moment(until, "--until"),
            only_errors=errors,
        )
        with open_read_only(ledger_url(ledger, "api-log")) as connection:
            _print(CallReader(connection), selection, count, as_csv=as_csv)
    except DeliveryError as error:
        print(f"api-log: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NO_ANSWER) from None


def _print(reader: CallReader, selection: CallSelection, count: int | None, *, as_csv: bool) -> None:
    from edye_delivery.catalog.api_call_csv import csv_pieces
    from edye_delivery.command_line.api_log_text import table

    if as_csv:
        print_pieces(csv_pieces(reader.lines(selection, count)))
        return
    lines = list(reader.lines(selection, count))
    partners = () if lines else reader.partners()
    print_lines(table(lines, reader.count(selection), partners))


def _moment(text: str | None, option: str) -> datetime | None:
    return None if text is None else parse_moment(text, option)


def _count(limit: str | None, usual: int | None) -> int | None:
    if limit is None:
        return usual
    if limit == ALL:
        return None
    if not (limit.isascii() and limit.isdigit() and len(limit) < 10):
        raise typer.BadParameter(f"{printable(limit, 40)!r} is neither {ALL} nor a number", param_hint="--limit")
    return int(limit)
