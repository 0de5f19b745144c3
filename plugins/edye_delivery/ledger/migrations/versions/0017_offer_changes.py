"""Remembers which shows each version of an offer changed, and what is kept of each publication of a feed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    """Makes an empty table, and a column; the next assembly of each feed is a full one."""
    op.create_table(
        "offer_changes",
        sa.Column("partner", sa.String(64), primary_key=True),
        sa.Column("version", sa.BigInteger, primary_key=True),
        sa.Column("show_key", sa.LargeBinary, primary_key=True),
        sqlite_with_rowid=False,
    )
    op.add_column("publications", sa.Column("kept", sa.String(80)))


def downgrade() -> None:
    """Drops both; every assembly is a full one again."""
    op.drop_column("publications", "kept")
    op.drop_table("offer_changes")
