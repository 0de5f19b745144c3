"""The ledger's tables for partners that pull: exposures, users of the delivery API, its calls, what the watch found."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, Float, Index, Integer, LargeBinary, String, Table, Text, text

from edye_delivery.ledger.tables import METADATA, Moment

EXPOSURES = Table(
    "exposures",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("external_id", String(200), primary_key=True),
    Column("delivery_key", String(64), primary_key=True),
    Column("edye_id", String(200), nullable=False),
    Column("show_id", String(200)),
    Column("title", LargeBinary, nullable=False),
    Column("thumbnails", JSON, nullable=False, default=list),
    Column("opens_at", Moment),
    Column("closes_at", Moment),
    Column("removed_because", String(16)),
    Column("version", BigInteger, nullable=False, default=0, server_default="0"),
    Index("exposures_by_edye_id", "partner", "edye_id", "external_id"),
    Index("exposures_by_show_id", "partner", "show_id"),
    Index("exposures_by_version", "partner", "version"),
    Index("exposures_by_opens_at", "partner", "opens_at"),
    Index("exposures_by_closes_at", "partner", "closes_at"),
)

API_TOKENS = Table(
    "api_tokens",
    METADATA,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("partner", String(64), nullable=False),
    Column("user", String(64), nullable=False),
    Column("digest", String(64), nullable=False, unique=True),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Index("api_tokens_by_user", "partner", "user"),
)

API_CALLS = Table(
    "api_calls",
    METADATA,
    Column("id", String(40), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("level", String(8), nullable=False),
    Column("partner", String(64)),
    Column("user", String(64)),
    Column("endpoint", String(32), nullable=False),
    Column("status", Integer, nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("items", Integer),
    Column("generation", BigInteger),
    Column("checkpoint_generation", BigInteger),
    Column("first_item", String(120)),
    Column("last_item", String(120)),
    Column("query", Text),
    Column("message", Text),
    Column("request_id", String(128), nullable=False),
    Column("geo", String(2)),
    Column("user_agent", String(200)),
    Column("shipped_at", Moment),
    Index("api_calls_by_partner", "partner", "at"),
    Index("api_calls_by_at", "at"),
)

API_CALLS_TO_SHIP = Index(
    "api_calls_to_ship",
    API_CALLS.c.at,
    sqlite_where=API_CALLS.c.shipped_at.is_(None),
    postgresql_where=API_CALLS.c.shipped_at.is_(None),
)

IS_ERROR = text("status >= 400")
API_CALLS_OF_ERRORS = Index(
    "api_calls_of_errors",
    API_CALLS.c.partner,
    API_CALLS.c.at,
    API_CALLS.c.status,
    sqlite_where=IS_ERROR,
    postgresql_where=IS_ERROR,
)

API_CALL_HOURS = Table(
    "api_call_hours",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("user", String(64), primary_key=True),
    Column("endpoint", String(32), primary_key=True),
    Column("status", Integer, primary_key=True),
    Column("hour", Moment, primary_key=True),
    Column("calls", BigInteger, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("items", BigInteger, nullable=False),
    Column("milliseconds", Float, nullable=False),
    Column("latencies", JSON, nullable=False, default=list),
    Index("api_call_hours_by_hour", "partner", "hour"),
)

PULL_WATCHES = Table(
    "pull_watches",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("watched_until", Moment, nullable=False),
)

DEGRADATIONS = Table(
    "degradations",
    METADATA,
    Column("partner", String(64), primary_key=True),
    Column("subject", String(16), primary_key=True),
    Column("user", String(64), primary_key=True),
    Column("began_at", Moment, primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("broken_at", Moment, nullable=False),
    Column("ended_at", Moment),
    Column("calls", Integer, nullable=False),
    Column("detail", Text, nullable=False),
    Index("degradations_by_end", "partner", "ended_at"),
)
