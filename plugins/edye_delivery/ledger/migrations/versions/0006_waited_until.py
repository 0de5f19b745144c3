"""Keeps until when a run waits for a delivery, so that a delivery that nobody waits for is found."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Adds the column; nobody waits for a delivery that is with the partner, unless it changed in the last hours."""
    op.add_column("deliveries", Column("waited_until", DateTime(timezone=True)))


def downgrade() -> None:
    """Drops the column; a run that waits continues to wait."""
    op.drop_column("deliveries", "waited_until")
