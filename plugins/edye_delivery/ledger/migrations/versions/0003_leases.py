"""Gives a delivery that is sent a lease: who sends it, and until when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

COLUMNS = (
    ("lease_holder", sa.String(200)),
    ("lease_run_id", sa.String(250)),
    ("lease_try", sa.Integer()),
    ("lease_expires_at", sa.DateTime(timezone=True)),
)


def upgrade() -> None:
    """Adds leases; a delivery in state sending has none, so the next run sends it again under the same key."""
    for name, type_ in COLUMNS:
        op.add_column("deliveries", sa.Column(name, type_))


def downgrade() -> None:
    """Drops leases: two runs at the same time may send a title twice again."""
    for name, _ in reversed(COLUMNS):
        op.drop_column("deliveries", name)
