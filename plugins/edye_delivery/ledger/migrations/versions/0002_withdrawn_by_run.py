"""Keeps which run withdrew a title with the withdrawal; until now it was the run id of the delivery."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, String

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Takes the run of earlier withdrawals from their deliveries."""
    op.add_column("revisions", Column("withdrawn_by_run", String(250)))
    op.execute(
        "UPDATE revisions SET withdrawn_by_run = (SELECT run_id FROM deliveries"
        " WHERE deliveries.delivery_key = revisions.delivery_key AND deliveries.state = 'withdrawn')"
        " WHERE withdrawn_at IS NOT NULL"
    )


def downgrade() -> None:
    """Writes the run that withdrew a title to its delivery again."""
    op.execute(
        "UPDATE deliveries SET run_id = (SELECT withdrawn_by_run FROM revisions"
        " WHERE revisions.delivery_key = deliveries.delivery_key)"
        " WHERE state = 'withdrawn' AND EXISTS (SELECT 1 FROM revisions"
        " WHERE revisions.delivery_key = deliveries.delivery_key AND withdrawn_by_run IS NOT NULL)"
    )
    op.drop_column("revisions", "withdrawn_by_run")
