"""Adds indexes of open titles, of events that were set aside, and of withdrawals that the partner was not told of."""

from __future__ import annotations

from alembic import op
from sqlalchemy import column, text

revision = "0014"
down_revision = "0013"

TO_SHIP = "events_to_ship"
UNSHIPPED, SET_ASIDE = column("shipped_at").is_(None), column("refusal").is_not(None)
UNTOLD = column("withdrawn_at").is_not(None) & column("withdrawal_told_at").is_(None)
IS_OPEN = text("state NOT IN ('accepted', 'withdrawn')")
OF_DELIVERY = [
    *("delivery_key", "state", "channel", "refused_cause", "encode_name"),
    *("waited_until", "lease_expires_at", "updated_at"),
]
INDEXES = (
    ("title_status_open", "title_status", ["partner", "state", "cause", "owner", "since", "delivery_key"], IS_OPEN),
    ("deliveries_open", "deliveries", OF_DELIVERY, IS_OPEN),
    ("events_set_aside", "events", ["id"], SET_ASIDE),
    ("revisions_by_withdrawn_at", "revisions", ["partner", "withdrawn_at"], UNTOLD),
)


def upgrade() -> None:
    """Makes the indexes; the one of events to ship leaves out those that were set aside."""
    op.drop_index(TO_SHIP, "events")
    to_ship = UNSHIPPED & column("refusal").is_(None)
    op.create_index(TO_SHIP, "events", ["id"], sqlite_where=to_ship, postgresql_where=to_ship)
    for name, table, columns, condition in INDEXES:
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)


def downgrade() -> None:
    """Drops them; the index of events to ship has those that were set aside again."""
    for name, table, *_ in INDEXES:
        op.drop_index(name, table)
    op.drop_index(TO_SHIP, "events")
    op.create_index(TO_SHIP, "events", ["id"], sqlite_where=UNSHIPPED, postgresql_where=UNSHIPPED)
