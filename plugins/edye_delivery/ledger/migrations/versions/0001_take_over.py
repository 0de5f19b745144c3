"""The ledger as it was when migrations began; takes over the tables of an earlier program."""

from __future__ import annotations

from typing import Any

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Connection,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    inspect,
    select,
    update,
)
from sqlalchemy.schema import CreateColumn

from edye_delivery.catalog.order import place_of
from edye_delivery.catalog.stored_title import title_of
from edye_delivery.errors import InvalidRequest

revision = "0001"
down_revision = None
ROWS_AT_ONCE = 500
TODAY = MetaData()

DELIVERIES = Table(
    "deliveries",
    TODAY,
    Column("delivery_key", String(64), primary_key=True),
    Column("content_key", String(64), nullable=False),
    Column("partner", String(64), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("edye_id", String(200), nullable=False),
    Column("title", Text, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("lang", String(35)),
    Column("file_name", String(200), nullable=False),
    Column("media_digest", String(64), nullable=False),
    Column("revision", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cause", String(16)),
    Column("owner", String(32)),
    Column("detail", Text, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("criteria", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("unanswered", Integer, nullable=False),
    Column("rounds_ended", Integer, nullable=False),
    Column("channel", String(8)),
    Column("whole_files", JSON),
    Column("encode_name", String(200)),
    Column("refused_cause", String(16)),
    Column("tracking_id", String(200)),
    Column("request_id", String(36)),
    Column("bytes_sent", BigInteger, nullable=False),
    Column("seconds_sending", Float, nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("planned_at", DateTime(timezone=True), nullable=False),
    Column("first_sent_at", DateTime(timezone=True)),
    Column("sent_at", DateTime(timezone=True)),
    Column("received_at", DateTime(timezone=True)),
    Column("finished_at", DateTime(timezone=True)),
    Column("updated_at", DateTime(timezone=True), nullable=False),
    Index("deliveries_by_external_id", "partner", "external_id"),
    Index("deliveries_by_state", "partner", "state"),
)

EVENTS = Table(
    "events",
    TODAY,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("partner", String(64), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("delivery_key", String(64), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("action", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False),
    Column("outcome", String(8)),
    Column("client_id", String(200)),
    Column("seconds", Float),
    Column("http_status", Integer),
    Column("error_code", String(200)),
    Column("cause", String(16)),
    Column("owner", String(32)),
    Column("attempt", Integer),
    Column("tracking_id", String(200)),
    Column("request_id", String(36)),
    Column("shipped_at", DateTime(timezone=True)),
    Column("refusal", Text),
    Index("events_by_external_id", "partner", "external_id", "id"),
)

EVENTS_TO_SHIP = Index(
    "events_to_ship",
    EVENTS.c.id,
    sqlite_where=EVENTS.c.shipped_at.is_(None),
    postgresql_where=EVENTS.c.shipped_at.is_(None),
)

REVISIONS = Table(
    "revisions",
    TODAY,
    Column("partner", String(64), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("edye_id", String(200), nullable=False),
    Column("delivery_key", String(64), nullable=False),
    Column("revision", String(64), nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("place", LargeBinary),
    Column("accepted_at", DateTime(timezone=True), nullable=False),
    Column("withdrawn_at", DateTime(timezone=True)),
    Column("withdrawal_reason", Text),
    Column("withdrawal_told_at", DateTime(timezone=True)),
    Column("end_at", DateTime(timezone=True)),
    Index("revisions_by_edye_id", "partner", "edye_id"),
    Index("revisions_by_place", "partner", "place", "external_id"),
)

PUBLICATIONS = Table(
    "publications",
    TODAY,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("partner", String(64), nullable=False),
    Column("feed", String(64), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("pages", JSON, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("began_at", DateTime(timezone=True), nullable=False),
    Column("published_at", DateTime(timezone=True)),
    Column("cleaned_at", DateTime(timezone=True)),
    Index("publications_by_feed", "partner", "feed", "id"),
)

STREAKS = Table(
    "streaks",
    TODAY,
    Column("partner", String(64), primary_key=True),
    Column("client_id", String(200), primary_key=True),
    Column("errors", Integer, nullable=False),
    Column("first_error_at", DateTime(timezone=True)),
    Column("alerted_at", DateTime(timezone=True)),
    Column("technical_errors", Integer, nullable=False, server_default="0"),
    Column("opened_at", DateTime(timezone=True)),
    Column("opened_cause", String(16)),
    Column("trial_key", String(64)),
    Column("trial_at", DateTime(timezone=True)),
)

ALERTS = Table(
    "alerts",
    TODAY,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("partner", String(64), nullable=False),
    Column("client_id", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("errors", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("claimed_at", DateTime(timezone=True)),
    Column("told_at", DateTime(timezone=True)),
    Index("alerts_by_told_at", "told_at"),
)


def upgrade() -> None:
    """Makes missing tables, columns with their values, and indexes. Nothing that exists changes."""
    connection = op.get_bind()
    TODAY.create_all(connection)
    for table in TODAY.sorted_tables:
        for column in _missing_columns(connection, table):
            created = CreateColumn(column).compile(dialect=connection.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {table.name} ADD COLUMN {created}")
            if column is REVISIONS.c.place:
                _fill_places(connection)
            if column is DELIVERIES.c.channel:  # whatever was sent before there were two channels went through the API
                connection.execute(update(DELIVERIES).where(DELIVERIES.c.attempts > 0).values(channel="api"))
        for index in table.indexes:
            index.create(connection, checkfirst=True)


def downgrade() -> None:
    """Refuses: a step below this revision would lose everything in the ledger."""
    raise InvalidRequest("there is no way down from revision 0001: it would drop every table, and with them the memory")


def _missing_columns(connection: Connection, table: Table) -> list[Column[Any]]:
    known = {column["name"] for column in inspect(connection).get_columns(table.name)}
    return [column for column in table.columns if column.name not in known]


def _fill_places(connection: Connection) -> None:
    change = (
        update(REVISIONS)
        .where(REVISIONS.c.partner == bindparam("of_partner"), REVISIONS.c.external_id == bindparam("of_title"))
        .values(place=bindparam("new_place"))
    )
    rows = connection.execute(select(REVISIONS.c.partner, REVISIONS.c.external_id, REVISIONS.c.title)).all()
    for start in range(0, len(rows), ROWS_AT_ONCE):
        connection.execute(
            change,
            [
                {"of_partner": row.partner, "of_title": row.external_id, "new_place": place_of(title)}
                for row in rows[start : start + ROWS_AT_ONCE]
                for title in [title_of(row.title)]
            ],
        )
