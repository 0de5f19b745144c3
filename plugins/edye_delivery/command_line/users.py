"""`users`: tokens for the users of partners that pull; each token is printed once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.command_line.printing import print_lines
from edye_delivery.errors import DeliveryError, InvalidRequest

if TYPE_CHECKING:  # SQLAlchemy doubles the time that the other commands need to start
    from sqlalchemy import Engine

    from edye_delivery.ledger.api_tokens import Token

NOT_DONE = 2
SENTENCE_MAX_CHARS = 1000
NOTHING = "-"
HEADINGS = ("user", "token", "state", "created", "ends")

Partner = Annotated[str, typer.Option(help="The partner, as its annex is named.")]
User = Annotated[str | None, typer.Option(help="The user, as the annex names it; not needed where there is only one.")]
Ledger = Annotated[
    str | None,
    typer.Option(metavar="PATH|URL", help="Which ledger; else Airflow's delivery_ledger, else the project's own."),
]

app = typer.Typer(no_args_is_help=True)


@app.callback()
def main() -> None:
    """Makes, replaces and ends the tokens by which partners that pull read the delivery API."""


@app.command()
def add(partner: Partner, user: User = None, ledger: Ledger = None) -> None:
    """Makes a user's first token, and prints it; nobody can see it again.

    Standard output has the token alone. Exit code: 0 done, 2 not done: stderr says why.
    """
    with _change("users add", ledger) as engine:
        from edye_delivery.command_line.pull_users import one_user, pull_channel
        from edye_delivery.ledger.api_tokens import ApiTokens

        name = one_user(partner, user, pull_channel(partner).users)
        token = ApiTokens(engine, _now).add(partner, name)
    _hand_out(token, f"the token of the user {name} of {partner} is shown once: hand it over by a safe way, now")


@app.command()
def rotate(
    partner: Partner,
    user: User = None,
    valid_hours: Annotated[
        float, typer.Option(min=0, max=720, help="For how many hours the old token stays valid.")
    ] = 24,
    ledger: Ledger = None,
) -> None:
    """Makes a user's new token and prints it; the old one stays valid for some hours.

    Standard output has the token alone. Exit code: 0 done, 2 not done: stderr says why.
    """
    with _change("users rotate", ledger) as engine:
        from edye_delivery.command_line.pull_users import one_user, pull_channel
        from edye_delivery.ledger.api_tokens import ApiTokens

        name = one_user(partner, user, pull_channel(partner).users)
        token, ends_at = ApiTokens(engine, _now).rotate(partner, name, valid_hours)
    until = f"the old one is valid until {rfc3339(ends_at.replace(microsecond=0))}"
    _hand_out(
        token, f"the new token of the user {name} of {partner} is shown once: hand it over by a safe way; {until}"
    )


@app.command()
def revoke(
    partner: Partner,
    user: User = None,
    token: Annotated[int | None, typer.Option(min=1, help="Only the token with this number of `users list`.")] = None,
    ledger: Ledger = None,
) -> None:
    """Ends all valid tokens of a user, or one of them; the delivery API refuses them some seconds later.

    Exit code: 0 done, 2 not done: stderr says why.
    """
    with _change("users revoke", ledger) as engine:
        from edye_delivery.command_line.pull_users import user_to_revoke
        from edye_delivery.ledger.api_tokens import ApiTokens, tokens_of

        with engine.connect() as connection:
            with_tokens = [one.user for one in tokens_of(connection, partner)]
        name = user_to_revoke(partner, user, with_tokens)
        ended = ApiTokens(engine, _now).revoke(partner, name, token)
    print(f"{count_of(ended, 'token')} of the user {name} of {partner} revoked")


@app.command("list")
def list_tokens(partner: Partner, user: User = None, ledger: Ledger = None) -> None:
    """Lists the users of a partner and their tokens: numbers, states and times, never a token.

    Exit code: 0 done, 2 no answer: stderr says why.
    """
    with _sentences("users list"):
        from edye_delivery.command_line.pull_users import one_user, pull_channel
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.api_tokens import tokens_of
        from edye_delivery.ledger.read_only import open_read_only

        with open_read_only(ledger_url(ledger, "users list")) as connection:
            tokens = tokens_of(connection, partner)
        try:
            users = list(pull_channel(partner).users)
        except InvalidRequest:
            if not tokens:
                raise
            users = []
        if user is not None and user not in {token.user for token in tokens}:
            one_user(partner, user, dict.fromkeys(users) if users else pull_channel(partner).users)
        print_lines(_lines(tokens, users, user))


def _lines(tokens: list[Token], users: list[str], only: str | None) -> Iterator[Line]:
    """A row for every token, and one for a user that has none."""
    from edye_delivery.command_line.table import align, moment_text

    now, rows = _now(), []
    for name in sorted({*users, *(token.user for token in tokens)}):
        if only not in (None, name):
            continue
        shown = name if name in users else f"{printable(name)} (not in the annex)"
        own = [token for token in tokens if token.user == name]
        for token in own:
            ends = token.revoked_at or token.expires_at
            ends_text = moment_text(ends, "seconds") if ends else NOTHING
            created = moment_text(token.created_at, "seconds")
            rows.append((shown, str(token.id), token.state(now).value, created, ends_text))
        if not own:
            rows.append((shown, NOTHING, "no token", NOTHING, NOTHING))
    yield from align(HEADINGS, rows)


@contextmanager
def _change(command: str, ledger: str | None) -> Iterator[Engine]:
    """The ledger's engine for a change; exits with a sentence where the change is not done."""
    with _sentences(command):
        from edye_delivery.command_line.which_ledger import ledger_url
        from edye_delivery.ledger.database import open_engine
        from edye_delivery.ledger.read_only import refuse_absent, refuse_database_errors

        url = ledger_url(ledger, command)
        refuse_absent(url)
        with refuse_database_errors(url, "changed"):
            engine = open_engine(url)
            try:
                yield engine
            finally:
                engine.dispose()


@contextmanager
def _sentences(command: str) -> Iterator[None]:
    try:
        yield
    except DeliveryError as error:
        print(f"{command}: {printable(str(error), SENTENCE_MAX_CHARS)}", file=sys.stderr)
        raise typer.Exit(NOT_DONE) from None


def _hand_out(token: str, sentence: str) -> None:
    print(sentence, file=sys.stderr)
    print(token)


def _now() -> datetime:
    return datetime.now(UTC)
