"""Gives the offer to a partner a version, a publication the version it has, and a feed one publisher at a time."""

from __future__ import annotations

from alembic import op
from sqlalchemy import BigInteger, Column, DateTime, String

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Makes the tables without rows: versions begin at 0; earlier publications have none."""
    op.create_table(
        "offers",
        Column("partner", String(64), primary_key=True),
        Column("version", BigInteger, nullable=False),
        Column("removed_version", BigInteger, nullable=False),
    )
    op.create_table(
        "feeds",
        Column("partner", String(64), primary_key=True),
        Column("feed", String(64), primary_key=True),
        Column("holder", String(36)),
        Column("run_id", String(250)),
        Column("expires_at", DateTime(timezone=True)),
        Column("version", BigInteger, nullable=False),
    )
    op.add_column("publications", Column("version", BigInteger))


def downgrade() -> None:
    """Drops versions and the leases of feeds; every publication stays."""
    op.drop_column("publications", "version")
    op.drop_table("feeds")
    op.drop_table("offers")
