"""Keeps when the catalogue was read, so that an older reading changes no newer one."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the columns; the time of earlier readings is unknown, so any reading may change them."""
    op.add_column("deliveries", Column("read_at", DateTime(timezone=True)))
    op.add_column("revisions", Column("read_at", DateTime(timezone=True)))


def downgrade() -> None:
    """Drops the columns; all else stays."""
    op.drop_column("revisions", "read_at")
    op.drop_column("deliveries", "read_at")
