"""When the catalogue was read is kept with what it said, so that an older reading changes no newer one."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Of what is there nobody knows when it was read: any reading may change it."""
    op.add_column("deliveries", Column("read_at", DateTime(timezone=True)))
    op.add_column("revisions", Column("read_at", DateTime(timezone=True)))


def downgrade() -> None:
    """Nobody knows any more when the catalogue was read; all else stays."""
    op.drop_column("revisions", "read_at")
    op.drop_column("deliveries", "read_at")
