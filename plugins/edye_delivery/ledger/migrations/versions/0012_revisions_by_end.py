"""Adds an index of end-dated titles, so that a small publication for a partner that pulls reads few rows."""

from __future__ import annotations

from alembic import op
from sqlalchemy import column

revision = "0012"
down_revision = "0011"

NAME = "revisions_by_end_at"


def upgrade() -> None:
    """Makes the index."""
    ends = column("end_at").is_not(None)
    op.create_index(NAME, "revisions", ["partner", "end_at"], sqlite_where=ends, postgresql_where=ends)


def downgrade() -> None:
    """Drops it."""
    op.drop_index(NAME, "revisions")
