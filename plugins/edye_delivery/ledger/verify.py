"""Checks that the table `title_status` agrees with the events of the titles and with their current deliveries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select, tuple_

from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, TITLE_STATUS, TITLE_WORDS
from edye_delivery.ledger.title_status import TRANSITION_ACTIONS, TitleStatus, replay, title_status_of
from edye_delivery.ledger.title_words import NAMED, TitleFacts, facts_of, search_words

ROWS_A_READ = 1000
READ = ("partner", "external_id", "delivery_key", "at", "action", "state", "cause", "owner")

Title = tuple[str, str]


def count_titles(connection: Connection) -> int:
    """How many titles the table has."""
    return sum(1 for _ in _rows(connection, select(TITLE_STATUS.c.partner)))


def differences(connection: Connection) -> Iterator[str]:
    """A sentence for every title whose row and events disagree, or that has only one of the two.

    The same where the row says of the title what its current delivery does not say, or no words find the title.
    """
    query = select(TITLE_STATUS)
    known = {(row.partner, row.external_id): title_status_of(row._mapping) for row in _rows(connection, query)}
    for (partner, external_id), status in _replay(connection):
        row = known.pop((partner, external_id), None)
        name = f"{external_id} at {partner}"
        if row is None:
            yield f"{name}: its events say {status.state}, and it has no row in title_status"
            continue
        for field in fields(TitleStatus):
            row_says, events_say = getattr(row, field.name), getattr(status, field.name)
            if row_says != events_say:
                yield f"{name}: {field.name} is {_word(row_says)} in title_status, {_word(events_say)} by its events"
    for partner, external_id in sorted(known):
        yield f"{external_id} at {partner}: it has a row in title_status, and no event that changes a delivery"
    yield from _fact_differences(connection)


def _fact_differences(connection: Connection) -> Iterator[str]:
    """A sentence for every title whose row is not as its current delivery says, or that its words do not find."""
    query = (
        select(TITLE_STATUS, *(DELIVERIES.c[name].label(f"its_{name}") for name in NAMED))
        .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
        .order_by(TITLE_STATUS.c.partner, TITLE_STATUS.c.external_id)
    )
    result = connection.execute(query, execution_options={"yield_per": ROWS_A_READ})
    for rows in result.partitions():
        known = {
            (row.partner, row.external_id): facts_of({name: getattr(row, f"its_{name}") for name in NAMED})
            for row in rows
        }
        missing = _missing_words(connection, known)
        for row in rows:
            facts, name = known[row.partner, row.external_id], f"{row.external_id} at {row.partner}"
            for field in fields(TitleFacts):
                row_says, delivery_says = getattr(row, field.name), getattr(facts, field.name)
                if row_says != delivery_says:
                    said = f"{_word(row_says)} in title_status, {_word(delivery_says)} in its current delivery"
                    yield f"{name}: {field.name} is {said}"
            if (row.partner, row.external_id) in missing:
                yield f"{name}: title_words lacks words that find it"


def _missing_words(connection: Connection, titles: Mapping[Title, TitleFacts]) -> set[Title]:
    needed = {
        (partner, word, facts.edye_id): (partner, external_id)
        for (partner, external_id), facts in titles.items()
        for word in search_words(external_id, facts)
    }
    key = tuple_(TITLE_WORDS.c.partner, TITLE_WORDS.c.word, TITLE_WORDS.c.edye_id)
    found: set[tuple[str, bytes, str]] = set()
    for keys in chunks(sorted(needed)):
        rows = connection.execute(select(TITLE_WORDS).where(key.in_(keys)))
        found |= {(row.partner, bytes(row.word), row.edye_id) for row in rows}
    return {needed[key] for key in needed.keys() - found}


def _replay(connection: Connection) -> Iterator[tuple[tuple[str, str], TitleStatus]]:
    query = (
        select(*(EVENTS.c[name] for name in READ))
        .where(EVENTS.c.action.in_(TRANSITION_ACTIONS))
        .order_by(EVENTS.c.partner, EVENTS.c.external_id, EVENTS.c.id)
    )
    for title, events in groupby(_rows(connection, query), lambda row: (row.partner, row.external_id)):
        status = replay(events)
        if status is not None:
            yield title, status


def _rows(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"yield_per": ROWS_A_READ})


def _word(value: Any) -> str:
    return "nothing" if value is None else str(value)
