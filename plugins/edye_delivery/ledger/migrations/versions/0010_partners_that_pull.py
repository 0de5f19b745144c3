"""Adds the tables for partners that pull: exposures, tokens, calls of the delivery API and their hourly sums."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)

revision = "0010"
down_revision = "0009"

Moment = DateTime(timezone=True)
Number = BigInteger().with_variant(Integer, "sqlite")
TABLES = ("exposures", "api_tokens", "api_calls", "api_call_hours")


def upgrade() -> None:
    """Makes the four tables; no partner pulls yet, so they are empty."""
    _make_exposures()
    _make_tokens()
    _make_calls()


def downgrade() -> None:
    """Drops them; partners that pull begin again with a full publication and new tokens."""
    for name in reversed(TABLES):
        op.drop_table(name)


def _make_exposures() -> None:
    op.create_table(
        "exposures",
        Column("partner", String(64), primary_key=True),
        Column("external_id", String(200), primary_key=True),
        Column("delivery_key", String(64), primary_key=True),
        Column("edye_id", String(200), nullable=False),
        Column("show_id", String(200)),
        Column("title", LargeBinary, nullable=False),
        Column("thumbnails", JSON, nullable=False),
        Column("opens_at", Moment),
        Column("closes_at", Moment),
        Column("removed_because", String(16)),
        Column("version", BigInteger, nullable=False, server_default="0"),
    )
    op.create_index("exposures_by_edye_id", "exposures", ["partner", "edye_id", "external_id"])
    op.create_index("exposures_by_show_id", "exposures", ["partner", "show_id"])
    op.create_index("exposures_by_version", "exposures", ["partner", "version"])
    op.create_index("exposures_by_opens_at", "exposures", ["partner", "opens_at"])
    op.create_index("exposures_by_closes_at", "exposures", ["partner", "closes_at"])


def _make_tokens() -> None:
    op.create_table(
        "api_tokens",
        Column("id", Number, primary_key=True, autoincrement=True),
        Column("partner", String(64), nullable=False),
        Column("user", String(64), nullable=False),
        Column("digest", String(64), nullable=False),
        Column("created_at", Moment, nullable=False),
        Column("expires_at", Moment),
        Column("revoked_at", Moment),
        UniqueConstraint("digest"),
    )
    op.create_index("api_tokens_by_user", "api_tokens", ["partner", "user"])


def _make_calls() -> None:
    op.create_table(
        "api_calls",
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
    )
    op.create_index("api_calls_by_partner", "api_calls", ["partner", "at"])
    op.create_index("api_calls_by_at", "api_calls", ["at"])
    unshipped = text("shipped_at IS NULL")
    op.create_index("api_calls_to_ship", "api_calls", ["at"], sqlite_where=unshipped, postgresql_where=unshipped)
    op.create_table(
        "api_call_hours",
        Column("partner", String(64), primary_key=True),
        Column("user", String(64), primary_key=True),
        Column("endpoint", String(32), primary_key=True),
        Column("status", Integer, primary_key=True),
        Column("hour", Moment, primary_key=True),
        Column("calls", BigInteger, nullable=False),
        Column("bytes", BigInteger, nullable=False),
        Column("items", BigInteger, nullable=False),
        Column("milliseconds", Float, nullable=False),
        Column("latencies", JSON, nullable=False),
    )
