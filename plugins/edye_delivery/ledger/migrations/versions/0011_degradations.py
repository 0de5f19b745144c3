"""Adds the tables for the watch over partners that pull: how far it has looked, and the degradations that it found."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime, Integer, String, Text

revision = "0011"
down_revision = "0010"

Moment = DateTime(timezone=True)


def upgrade() -> None:
    """Makes both tables; nothing was watched before, so they are empty."""
    op.create_table(
        "pull_watches",
        Column("partner", String(64), primary_key=True),
        Column("watched_until", Moment, nullable=False),
    )
    op.create_table(
        "degradations",
        Column("partner", String(64), primary_key=True),
        Column("subject", String(16), primary_key=True),
        Column("user", String(64), primary_key=True),
        Column("began_at", Moment, primary_key=True),
        Column("kind", String(16), nullable=False),
        Column("broken_at", Moment, nullable=False),
        Column("ended_at", Moment),
        Column("calls", Integer, nullable=False),
        Column("detail", Text, nullable=False),
    )
    op.create_index("degradations_by_end", "degradations", ["partner", "ended_at"])


def downgrade() -> None:
    """Drops them; the next watch begins with the last hour, and tells again of what is degraded then."""
    op.drop_table("degradations")
    op.drop_table("pull_watches")
