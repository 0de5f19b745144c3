"""The benchmark's ledger: titles that are copies of others are whole, with ids of their own."""

from __future__ import annotations

from sqlalchemy import func, select

from benchmarks import desk_copies, desk_data
from benchmarks.desk_data import LedgerSize, make_ledger
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, TITLE_WORDS
from edye_delivery.ledger.title_words import facts_of, search_words

TITLES = 800


def test_copied_titles_are_as_if_each_was_made_by_itself(ledger_url, monkeypatch):
    for module in (desk_copies, desk_data):
        monkeypatch.setattr(module, "TITLES_MADE", 360)
    size = LedgerSize(TITLES, 3200)
    make_ledger(ledger_url, size)
    engine = open_engine(ledger_url)
    with engine.connect() as connection:
        deliveries = connection.execute(select(DELIVERIES)).mappings().all()
        statuses = {row.delivery_key: row for row in connection.execute(select(TITLE_STATUS))}
        events = connection.execute(select(EVENTS.c.id, EVENTS.c.delivery_key, EVENTS.c.external_id)).all()
        words = {tuple(row) for row in connection.execute(select(TITLE_WORDS.c.partner, TITLE_WORDS.c.edye_id))}
        found = connection.execute(select(TITLE_WORDS.c.partner, TITLE_WORDS.c.edye_id, TITLE_WORDS.c.word)).all()
        revisions = connection.execute(select(func.count()).select_from(REVISIONS)).scalar_one()
    engine.dispose()
    names = {row["delivery_key"]: row["external_id"] for row in deliveries}
    assert len({row["edye_id"] for row in deliveries}) == TITLES
    assert len(deliveries) == len(names) == len(statuses) == TITLES * 2
    assert {row.external_id == names[row.delivery_key] for row in (*statuses.values(), *events)} == {True}
    assert len({row.id for row in events}) == len(events) == len(deliveries) * size.events_a_cell
    assert 0 < revisions < len(deliveries)
    assert len(words) == len(deliveries)
    expected = {
        (row["partner"], row["edye_id"], word)
        for row in deliveries
        for word in search_words(row["external_id"], facts_of(row))
    }
    assert {(row.partner, row.edye_id, bytes(row.word)) for row in found} == expected
