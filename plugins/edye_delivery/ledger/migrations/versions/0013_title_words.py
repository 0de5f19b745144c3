"""Gives each title's status its ids, kind, language and folded name, and makes the words that titles are found by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from alembic import op
from sqlalchemy import Column, Connection, DateTime, LargeBinary, MetaData, String, Table, column, select, table
from sqlalchemy.dialects import postgresql, sqlite

from edye_delivery.ledger.title_words import NAMED, facts_of, insert_words, search_words

revision = "0013"
down_revision = "0012"
TITLES_AT_ONCE = 2000
COLUMNS = (("edye_id", 200), ("kind", 16), ("lang", 35))
FILTERED = ["external_id", "state", "cause", "owner", "kind", "lang", "edye_id"]
INDEXES = {
    "title_status_by_since": ["partner", "since", *FILTERED],
    "title_status_by_title": ["partner", "folded_title", *FILTERED],
    "title_status_by_kind": ["partner", "kind", "lang"],
    "title_status_by_edye_id": ["edye_id", "partner"],
}
BY_STATE, BY_CAUSE, BY_TRACKING_ID = "title_status_by_state", "title_status_by_cause", "deliveries_by_tracking_id"
TITLE_WORDS = Table(
    "title_words",
    MetaData(),
    Column("partner", String(64), primary_key=True),
    Column("word", LargeBinary, primary_key=True),
    Column("edye_id", String(200), primary_key=True),
    sqlite_with_rowid=False,
)
Moment = DateTime(timezone=True)
OF_TITLE = ("partner", "external_id")
FACTS = ("edye_id", "kind", "lang", "folded_title")
TITLE_STATUS = table(
    "title_status",
    *(column(name) for name in (*OF_TITLE, "delivery_key", "state", *FACTS[:-1])),
    column("since", Moment),
    column("folded_title", LargeBinary),
)
DELIVERIES = table("deliveries", *(column(name) for name in ("delivery_key", *NAMED)))


def upgrade() -> None:
    """Fills columns and words from each title's current delivery, some thousand titles at a time."""
    connection = op.get_bind()
    for name, length in COLUMNS:
        op.add_column("title_status", Column(name, String(length), nullable=False, server_default=""))
    op.add_column("title_status", Column("folded_title", LargeBinary))
    TITLE_WORDS.create(connection)
    for rows in _titles(connection):
        _fill(connection, rows)
    for name, columns in INDEXES.items():
        op.create_index(name, "title_status", columns)
    op.drop_index(BY_STATE, "title_status")
    op.create_index(BY_STATE, "title_status", ["partner", "state", "since", "external_id"])
    has_cause = column("cause").is_not(None)
    by_cause = ["partner", "cause", "owner"]
    op.create_index(BY_CAUSE, "title_status", by_cause, sqlite_where=has_cause, postgresql_where=has_cause)
    op.create_index(BY_TRACKING_ID, "deliveries", ["tracking_id"], postgresql_ops={"tracking_id": "text_pattern_ops"})


def downgrade() -> None:
    """Drops what can be made again from the deliveries."""
    op.drop_index(BY_TRACKING_ID, "deliveries")
    for name in (BY_CAUSE, BY_STATE, *INDEXES):
        op.drop_index(name, "title_status")
    op.create_index(BY_STATE, "title_status", ["partner", "state"])
    op.drop_table("title_words")
    for name in ("folded_title", *(name for name, _ in COLUMNS)):
        op.drop_column("title_status", name)


def _titles(connection: Connection) -> Iterator[Sequence[Mapping[Any, Any]]]:
    """Each title with what its current delivery says of it, in pages by its key."""
    columns = (TITLE_STATUS.c[name] for name in (*OF_TITLE, "delivery_key", "state", "since"))
    query = (
        select(*columns, *(DELIVERIES.c[name] for name in NAMED))
        .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
        .order_by(TITLE_STATUS.c.external_id)
        .limit(TITLES_AT_ONCE)
    )
    for partner in connection.execute(select(TITLE_STATUS.c.partner).distinct()).scalars().all():
        after = ""
        of_partner = query.where(TITLE_STATUS.c.partner == partner)
        while rows := connection.execute(of_partner.where(TITLE_STATUS.c.external_id > after)).mappings().all():
            after = rows[-1]["external_id"]
            yield rows


def _fill(connection: Connection, rows: Sequence[Mapping[Any, Any]]) -> None:
    """Writes facts and words of these titles; the upsert is many times as fast as an update for each row."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    words: set[tuple[str, bytes, str]] = set()
    statuses = []
    for row in rows:
        facts = facts_of(row)
        words |= {(row["partner"], word, facts.edye_id) for word in search_words(row["external_id"], facts)}
        statuses.append(
            {**{name: row[name] for name in (*OF_TITLE, "delivery_key", "state", "since")}, **asdict(facts)}
        )
    upsert = dialect.insert(TITLE_STATUS)
    change = upsert.on_conflict_do_update(index_elements=OF_TITLE, set_={one: upsert.excluded[one] for one in FACTS})
    connection.execute(change, statuses)
    if words:
        insert_words(connection, sorted(words))
