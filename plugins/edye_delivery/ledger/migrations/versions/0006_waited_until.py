"""Until when a run waits for a delivery is kept with it, so that one that nobody waits for is seen."""

from __future__ import annotations

from alembic import op
from sqlalchemy import Column, DateTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """What is with the partner now is waited for by nobody, unless it moved in the last hours."""
    op.add_column("deliveries", Column("waited_until", DateTime(timezone=True)))


def downgrade() -> None:
    """Whoever waits goes on waiting; it is only not written down."""
    op.drop_column("deliveries", "waited_until")
