"""The ledger's tables: deliveries, their append-only events, accepted revisions, the status of titles, publications,
errors in a row, circuits, alerts.

A change of a table needs a migration too: migrations/versions, runbook "Migrating the ledger".
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
)

METADATA = MetaData()

VERSION = Table(
    "ledger_version",  # not alembic's own name: the ledger may be in one database with Airflow's tables
    METADATA,
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name="ledger_version_pkc"),
)


class Moment(TypeDecorator[datetime]):
    """An aware time, stored in UTC on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Stores an aware time as UTC."""
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Reads UTC, always aware."""
        if value is None:
            return None
        at: datetime = value
        return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


DELIVERIES = Table(
    "deliveries",
    METADATA,
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
    Column("read_at", Moment),
    Column("state", String(16), nullable=False),
    Column("cause", String(16)),
    Column("owner", String(32)),
    Column("detail", Text, nullable=False, default=""),
    Column("rules", JSON, nullable=False, default=list),
    Column("criteria", JSON, nullable=False, default=list),
    Column("attempts", Integer, nullable=False, default=0),
    Column("unanswered", Integer, nullable=False, default=0),
    Column("rounds_ended", Integer, nullable=False, default=0),
    Column("channel", String(8)),
    Column("whole_files", JSON),
    Column("encode_name", String(200)),
    Column("refused_cause", String(16)),
    Column("tracking_id", String(200)),
    Column("request_id", String(36)),
    Column("bytes_sent", BigInteger, nullable=False, default=0),
    Column("seconds_sending", Float, nullable=False, default=0.0),
    Column("run_id", String(250), nullable=False),
    Column("lease_holder", String(200)),
    Column("lease_run_id", String(250)),
    Column("lease_try", Integer),
    Column("lease_expires_at", Moment),
    Column("planned_at", Moment, nullable=False),
    Column("first_sent_at", Moment),
    Column("sent_at", Moment),
    Column("received_at", Moment),
    Column("finished_at", Moment),
    Column("waited_until", Moment),
    Column("updated_at", Moment, nullable=False),
    Index("deliveries_by_external_id", "partner", "external_id"),
    Index("deliveries_by_state", "partner", "state"),
    Index(
        "deliveries_by_tracking_id",
        "tracking_id",
        postgresql_ops={"tracking_id": "text_pattern_ops"},  # for a search by its beginning, whatever the collation
    ),
)

EVENTS = Table(
    "events",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("partner", String(64), nullable=False),
    Column("external_id", String(200), nullable=False),
    Column("delivery_key", String(64), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("action", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("detail", Text, nullable=False, default=""),
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
    Column("shipped_at", Moment),
    Column("refusal", Text),
    Index("events_by_external_id", "partner", "external_id", "id"),
)

REVISIONS = Table(
    "revisions",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("edye_id", String(200), nullable=False),
    Column("delivery_key", String(64), nullable=False),
    Column("revision", String(64), nullable=False),
    Column("title", LargeBinary, nullable=False),
    Column("place", LargeBinary),
    Column("accepted_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("withdrawal_reason", Text),
    Column("withdrawal_told_at", Moment),
    Column("withdrawn_by_run", String(250)),
    Column("end_at", Moment),
    Column("read_at", Moment),
    Index("revisions_by_edye_id", "partner", "edye_id"),
    Index("revisions_by_place", "partner", "place", "external_id"),
    Index("revisions_by_accepted_at", "partner", "accepted_at"),
)

OFFERS = Table(
    "offers",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("removed_version", BigInteger, nullable=False),
)

OFFER_CHANGES = Table(
    "offer_changes",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("version", BigInteger, primary_key=True),
    Column("show_key", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

FEEDS = Table(
    "feeds",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("feed", String(64), primary_key=True),
    Column("holder", String(36)),
    Column("run_id", String(250)),
    Column("expires_at", Moment),
    Column("version", BigInteger, nullable=False),
)

FILTERED = ("external_id", "state", "cause", "owner", "kind", "lang", "edye_id")
"""What a list of titles filters by: in its indexes too, so that rows that are passed over are not looked up."""

TITLE_STATUS = Table(
    "title_status",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("delivery_key", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("cause", String(16)),
    Column("owner", String(32)),
    Column("since", Moment, nullable=False),
    Column("accepted_key", String(64)),
    Column("accepted_at", Moment),
    Column("edye_id", String(200), nullable=False, server_default=""),
    Column("kind", String(16), nullable=False, server_default=""),
    Column("lang", String(35), nullable=False, server_default=""),
    Column("folded_title", LargeBinary),
    Index("title_status_by_state", "partner", "state", "since", "external_id"),
    Index("title_status_by_since", "partner", "since", *FILTERED),
    Index("title_status_by_title", "partner", "folded_title", *FILTERED),
    Index("title_status_by_kind", "partner", "kind", "lang"),
    Index("title_status_by_edye_id", "edye_id", "partner"),
)

TITLE_WORDS = Table(
    "title_words",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("word", LargeBinary, primary_key=True),
    Column("edye_id", String(200), primary_key=True),
    sqlite_with_rowid=False,
)

PUBLICATIONS = Table(
    "publications",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("partner", String(64), nullable=False),
    Column("feed", String(64), nullable=False),
    Column("run_id", String(250), nullable=False),
    Column("pages", JSON, nullable=False),
    Column("kinds", JSON, nullable=False),
    Column("version", BigInteger),
    Column("kept", String(80)),
    Column("began_at", Moment, nullable=False),
    Column("published_at", Moment),
    Column("cleaned_at", Moment),
    Index("publications_by_feed", "partner", "feed", "id"),
)

CONSECUTIVE_ERRORS = Table(
    "consecutive_errors",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("client_id", String(200), primary_key=True),
    Column("errors", Integer, nullable=False),
    Column("first_error_at", Moment),
    Column("alerted_at", Moment),
)

CIRCUIT_BREAKERS = Table(
    "circuit_breakers",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("client_id", String(200), primary_key=True),
    Column("technical_errors", Integer, nullable=False, default=0, server_default="0"),
    Column("opened_at", Moment),
    Column("opened_cause", String(16)),
    Column("trial_key", String(64)),
    Column("trial_at", Moment),
)

ALERTS = Table(
    "alerts",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("partner", String(64), nullable=False),
    Column("client_id", String(200), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("errors", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Column("claimed_at", Moment),
    Column("told_at", Moment),
    Index("alerts_by_told_at", "told_at"),
)
