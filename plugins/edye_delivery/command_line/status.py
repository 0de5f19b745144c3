"""`status`: the state of each title, its whole history, and what to do next."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

import typer

from edye_delivery.catalog.close_names import NEAR_MAX, close_names
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import Window, parse_moment
from edye_delivery.command_line.printing import print_lines, print_pieces
from edye_delivery.errors import DeliveryError, InvalidRequest

if TYPE_CHECKING:  # SQLAlchemy doubles the time that the other commands need to start
    from sqlalchemy import Connection

    from edye_delivery.ledger.status import StatusReader
    from edye_delivery.ledger.status_records import Selection

SHOWN_MAX = 100
ALL = "all"
NOTHING_TO_DO, NEEDS_A_PERSON, NO_ANSWER = 0, 1, 2


def status(
    partner: Annotated[str | None, typer.Option(help="Only titles at this partner.")] = None,
    window: Annotated[
        str | None, typer.Option(metavar="START/END", help="Only titles whose state began in [start, end).")
    ] = None,
    external_id: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Everything about this title; may be repeated.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Also titles that are accepted or withdrawn.")] = False,
    show: Annotated[str, typer.Option(metavar="all|N", help="How many titles the table has.")] = str(SHOWN_MAX),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document with every title.")] = False,
    ledger: Annotated[
        str | None,
        typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
    ] = None,
) -> None:
    """Says the state of every title at its partner, its owner, and what to do next; changes nothing.

    Exit code: 0 nothing needs a person, 1 some title does, 2 no answer: a wrong option, no ledger, an unknown name.
    """
    shown_max = _parse_show(show)
    span = _window(window)
    try:
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.read_only import address_of, open_read_only
        from edye_delivery.ledger.status import StatusReader
        from edye_delivery.ledger.status_records import Selection

        selection = Selection(partner, span, tuple(dict.fromkeys(external_id or ())))
        url = ledger_url(ledger, "status")
        with open_read_only(url) as connection:
            statuses = StatusReader(connection, datetime.now(UTC))
            _refuse_unknown_partner(statuses, selection)
            if selection.external_ids:
                code = _titles(statuses, selection, address_of(url), as_json=as_json)
                code = NO_ANSWER if _report_missing(connection, statuses, selection) else code
            else:
                code = _overview(statuses, selection, address_of(url), every, None if as_json else shown_max, as_json)
    except DeliveryError as error:
        _print_error(str(error))
        raise typer.Exit(NO_ANSWER) from None
    raise typer.Exit(code)


def _overview(
    statuses: StatusReader, selection: Selection, address: str, every: bool, limit: int | None, as_json: bool
) -> int:
    from edye_delivery.command_line import status_json, status_text

    counts = statuses.counts(selection)
    titles = statuses.titles(selection, ended_well=every, limit=limit)
    if as_json:
        print_pieces(status_json.document(address, selection, counts, map(status_json.as_value, titles)))
    else:
        print_lines(status_text.overview(address, selection, counts, list(titles), every=every))
    return NEEDS_A_PERSON if any(count.needs_a_person for count in counts) else NOTHING_TO_DO


def _titles(statuses: StatusReader, selection: Selection, address: str, *, as_json: bool) -> int:
    from edye_delivery.command_line import status_json, status_text

    found = list(statuses.titles(selection, ended_well=True))
    if as_json:
        values = (
            status_json.as_value(one)
            | status_json.past_of(statuses.errors_in_a_row(one.partner), statuses.history(one.partner, one.external_id))
            for one in found
        )
        print_pieces(status_json.document(address, selection, statuses.counts(selection), values))
    else:
        for number, one in enumerate(found):
            errors, events = statuses.errors_in_a_row(one.partner), statuses.history(one.partner, one.external_id)
            print_lines(status_text.whole_title(one, errors, events, is_first=number == 0))
    return NEEDS_A_PERSON if any(one.needs_a_person for one in found) else NOTHING_TO_DO


def _refuse_unknown_partner(statuses: StatusReader, selection: Selection) -> None:
    if selection.partner is None:
        return
    known = statuses.partners()
    if selection.partner in known:
        return
    close = get_close_matches(selection.partner, known, n=NEAR_MAX, cutoff=0.5) or known[:NEAR_MAX]
    raise InvalidRequest(
        f"there is no partner {printable(selection.partner, 60)!r} in the ledger{_hint(close, 'it knows no partner')}"
    )


def _report_missing(connection: Connection, statuses: StatusReader, selection: Selection) -> bool:
    """Says for which of the ids there is no answer, and why; whether there is such an id."""
    from edye_delivery.ledger.similar_titles import names_like

    found = {one.external_id for one in statuses.titles(selection, ended_well=True)}
    missing = [name for name in selection.external_ids if name not in found]
    if not missing:
        return False
    partners = statuses.partners() if selection.partner is None else [selection.partner]
    known = names_like(connection, partners, missing, datetime.now(UTC))
    where = f" at {printable(selection.partner, 60)}" if selection.partner else ""
    for name in missing:
        title = printable(name, 80)
        if name in known:
            _print_error(f"the title {title!r}{where} did not change its state in the window")
        else:
            close = close_names(name, known)
            _print_error(f"there is no title {title!r}{where} in the ledger{_hint(close, 'it has no similar name')}")
    return True


def _hint(close: list[str], otherwise: str) -> str:
    return f"; close to it are {', '.join(printable(name, 80) for name in close)}" if close else f"; {otherwise}"


def _window(text: str | None) -> Window | None:
    if text is None:
        return None
    start, slash, end = text.partition("/")
    try:
        if not slash:
            raise InvalidRequest(f"{text!r:.60} is no window; write it like 2026-03-01T06:00:00Z/2026-03-02T06:00:00Z")
        return Window(parse_moment(start, "its start"), parse_moment(end, "its end"))
    except InvalidRequest as error:
        raise typer.BadParameter(str(error), param_hint="--window") from None


def _parse_show(show: str) -> int | None:
    if show == ALL:
        return None
    if not (show.isascii() and show.isdigit()):
        raise typer.BadParameter(f"{show!r} is neither {ALL} nor a number", param_hint="--show")
    return int(show)


def _print_error(sentence: str) -> None:
    print(f"status: {printable(sentence, 1000)}", file=sys.stderr)
