"""A ledger of very many titles and events, written past the program: by COPY on PostgreSQL, in bulk on SQLite.

What it has is what years of deliveries leave: three partners that have all titles, six of ten and four of ten; two
titles of a hundred not ended well, for several causes; names with accents, in three languages.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from sqlalchemy import Engine, Index, func, select, text

from benchmarks.bulk_writers import Row, Writer, bulk_writer, moment
from benchmarks.desk_copies import TITLES_MADE, copy_titles
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, TITLE_WORDS
from edye_delivery.ledger.title_words import facts_of, search_words

PARTNERS = {"benchmark_one": 10, "benchmark_two": 6, "benchmark_three": 4}
"""Each partner, and how many of ten titles it has."""
CELLS_A_TITLE = sum(PARTNERS.values()) / 10
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
TITLES_A_BLOCK = 500
TABLES = (DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, TITLE_WORDS)
STEPS = (
    ("plan", "planned"),
    ("send", "sending"),
    ("receive", "received"),
    ("observe", "completed"),
    ("accept", "accepted"),
)
BEGINNINGS = ("El", "La", "Un", "Los", "As", "O", "The")
SYLLABLES = ("ni", "ño", "mar", "só", "lu", "na", "ci", "güe", "ña", "ár", "bol", "cá", "mi", "ção", "río", "te", "pé")
OPEN = (
    (DeliveryState.FAILED, Cause.METADATA),
    (DeliveryState.FAILED, Cause.MEDIA),
    (DeliveryState.FAILED, Cause.STUCK),
    (DeliveryState.FAILED, Cause.TRANSIENT),
    (DeliveryState.REJECTED, Cause.IMAGES),
    (DeliveryState.REJECTED, Cause.METADATA),
    (DeliveryState.PROCESSING, None),
    (DeliveryState.RECEIVED, None),
    (DeliveryState.PLANNED, None),
)
Block = dict[str, list[Row]]


@dataclass(frozen=True, slots=True)
class LedgerSize:
    """How many titles there are, and how many events of all their deliveries together."""

    titles: int
    events: int

    @classmethod
    def of(cls, titles: int, events_a_cell: int) -> LedgerSize:
        """So many titles, and so many events of each at each partner."""
        return cls(titles, round(titles * CELLS_A_TITLE * events_a_cell))

    @property
    def events_a_cell(self) -> int:
        """The events of each title at each partner."""
        return max(1, round(self.events / (self.titles * CELLS_A_TITLE)))


def make_ledger(url: str, size: LedgerSize) -> None:
    """Fills the empty database at the address; its indexes are made at the end, all at once.

    Of many titles most are copies of others, with ids of their own.
    """
    engine = open_engine(url)
    indexes = [index for table in TABLES for index in table.indexes]
    _each_index(engine, indexes, drop=True)
    with bulk_writer(engine) as writer:
        _write_all(writer, LedgerSize.of(min(size.titles, TITLES_MADE), size.events_a_cell))
        copy_titles(writer, size.titles, is_sqlite=engine.dialect.name == "sqlite")
    _each_index(engine, indexes, drop=False)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:  # the events have brought their numbers along
            newest = select(func.max(EVENTS.c.id)).scalar_subquery()
            connection.execute(select(func.setval(func.pg_get_serial_sequence(EVENTS.name, "id"), newest)))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))  # what its own background process does in a day
    engine.dispose()


def blocks(size: LedgerSize) -> Iterator[Block]:
    """The rows of all tables, by tables, some hundred titles at a time; the same for the same size."""
    chance = random.Random(7)
    words = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
    numbers = iter(range(size.titles))
    event_id = 0
    while chosen := list(islice(numbers, TITLES_A_BLOCK)):
        cells = [
            _cell(chance, words, number, partner, size)
            for number in chosen
            for partner, share in PARTNERS.items()
            if number * 7 % 10 < share
        ]
        events = [_event(cell, step) for step in range(size.events_a_cell) for cell in cells]
        for event in events:
            event_id += 1
            event["id"] = event_id
        yield {
            DELIVERIES.name: cells,
            EVENTS.name: events,
            REVISIONS.name: [_revision(cell) for cell in cells if cell["finished_at"] and not cell["cause"]],
            TITLE_STATUS.name: [_status(cell) for cell in cells],
            TITLE_WORDS.name: _words(cells),
        }


def _write_all(writer: Writer, size: LedgerSize) -> None:
    for block in blocks(size):
        for table, rows in block.items():
            if rows:
                writer.write(table, rows)


def _cell(chance: random.Random, words: list[str], number: int, partner: str, size: LedgerSize) -> Row:
    """The delivery of one title at one partner."""
    of_title = random.Random(number)
    lang = of_title.choices(("es", "pt", "en"), (6, 3, 1))[0]
    kind = of_title.choices(("episode", "movie", "short", "special"), (850, 80, 65, 5))[0]
    rare = words[min(int(of_title.paretovariate(0.7)), len(words)) - 1]
    name = f"{of_title.choice(BEGINNINGS)} {of_title.choice(words)} de {rare} {number % 60 + 1}".capitalize()
    state, cause = DeliveryState.ACCEPTED, None
    if (draw := chance.random()) < 0.02:
        state, cause = chance.choice(OPEN)
    elif draw < 0.03:
        state = DeliveryState.WITHDRAWN
    at = BEGIN + (NOW - BEGIN) * (number / size.titles) + timedelta(seconds=chance.randint(0, 86_000))
    ended = at if state.is_terminal else None
    key = f"{number:032x}{partner.encode().hex():>032.32}"
    return {
        **{"delivery_key": key, "content_key": key, "partner": partner},
        "external_id": f"EDYE_{number // 40:06}_S{number // 20 % 9 + 1:02}E{number % 20 + 1:02}_{lang.upper()}",
        **{"edye_id": f"title-{number:07}", "title": name, "kind": kind, "lang": lang},
        **{"file_name": f"{number:07}.mp4", "media_digest": f"{number:064x}", "revision": f"{number:064x}"},
        **{"state": state.value, "cause": cause and cause.value, "owner": cause and CAUSE_OWNERS[cause].value},
        **{"detail": "the partner's words about it" if cause else "", "rules": "[]", "criteria": "[]", "attempts": 1},
        **{"unanswered": 0, "rounds_ended": 1, "channel": "api", "tracking_id": f"trk-{number:07}-{partner[10:13]}"},
        **{"request_id": f"{number:036x}", "bytes_sent": 10**9, "seconds_sending": 60.0, "run_id": f"run-{at:%Y%m%d}"},
        **{"planned_at": moment(at), "sent_at": moment(at), "finished_at": ended and moment(at)},
        "waited_until": moment(NOW + timedelta(hours=chance.choice((-1, 3)))) if state.is_with_partner else None,
        "updated_at": moment(at),
    }


def _event(cell: Row, step: int) -> Row:
    action, state = STEPS[min(step, len(STEPS) - 1)]
    shared = ("partner", "external_id", "delivery_key", "run_id", "tracking_id", "request_id")
    return {
        "at": cell["updated_at"],
        **{name: cell[name] for name in shared},
        **{
            "action": action,
            "state": state,
            "detail": f"step {step + 1} of the benchmark's title",
            "outcome": "success",
        },
        **{
            "client_id": "benchmark",
            "seconds": 0.25,
            "http_status": 200,
            "attempt": 1,
            "shipped_at": cell["updated_at"],
        },
    }


def _revision(cell: Row) -> Row:
    is_withdrawn = cell["state"] == DeliveryState.WITHDRAWN
    shared = ("partner", "external_id", "edye_id", "delivery_key", "revision")
    return {
        **{name: cell[name] for name in shared},
        **{"title": b"{}", "place": cell["external_id"].encode(), "accepted_at": cell["updated_at"]},
        "withdrawn_at": cell["updated_at"] if is_withdrawn else None,
    }


def _status(cell: Row) -> Row:
    is_accepted = cell["state"] == DeliveryState.ACCEPTED
    shared = ("partner", "external_id", "delivery_key", "state", "cause", "owner")
    return {
        **{name: cell[name] for name in shared},
        "since": cell["updated_at"],
        "accepted_key": cell["delivery_key"] if is_accepted else None,
        "accepted_at": cell["updated_at"] if is_accepted else None,
        **asdict(facts_of(cell)),
    }


def _words(cells: list[Row]) -> list[Row]:
    found = {
        (cell["partner"], word, cell["edye_id"])
        for cell in cells
        for word in search_words(cell["external_id"], facts_of(cell))
    }
    return [{"partner": partner, "word": word, "edye_id": edye_id} for partner, word, edye_id in sorted(found)]


def _each_index(engine: Engine, indexes: Sequence[Index], *, drop: bool) -> None:
    with engine.begin() as connection:
        for index in indexes:
            (index.drop if drop else index.create)(connection)
