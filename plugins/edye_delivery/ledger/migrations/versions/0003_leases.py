"""A delivery that is sent is under a lease: who sends it, and until when."""

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
    """Nobody holds what is being sent: the next run that takes it up sends it again under the same key."""
    for name, type_ in COLUMNS:
        op.add_column("deliveries", sa.Column(name, type_))


def downgrade() -> None:
    """Leases are forgotten: two runs that meet may send a title twice again."""
    for name, _ in reversed(COLUMNS):
        op.drop_column("deliveries", name)
