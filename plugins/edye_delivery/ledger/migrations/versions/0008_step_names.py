"""Gives events of steps the names that the steps have now."""

from __future__ import annotations

from alembic import op
from sqlalchemy import column, table

revision = "0008"
down_revision = "0007"

EVENTS = table("events", column("action"))
NEW_NAMES = {"judge": "check", "illustrate": "render"}


def upgrade() -> None:
    """Writes check for judge, and render for illustrate."""
    for old, new in NEW_NAMES.items():
        op.execute(EVENTS.update().where(EVENTS.c.action == old).values(action=new))


def downgrade() -> None:
    """Writes the names of the older program."""
    for old, new in NEW_NAMES.items():
        op.execute(EVENTS.update().where(EVENTS.c.action == new).values(action=old))
