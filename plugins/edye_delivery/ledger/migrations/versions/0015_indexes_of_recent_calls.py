"""Adds indexes by which calls of the delivery API are found: those that failed, and the sums of some hours."""

from __future__ import annotations

from alembic import op
from sqlalchemy import text

revision = "0015"
down_revision = "0014"

ERRORS, HOURS = "api_calls_of_errors", "api_call_hours_by_hour"


def upgrade() -> None:
    """Makes the indexes; with 10,000,000 calls that takes about a minute, in which no call is written."""
    is_error = text("status >= 400")
    op.create_index(ERRORS, "api_calls", ["partner", "at", "status"], sqlite_where=is_error, postgresql_where=is_error)
    op.create_index(HOURS, "api_call_hours", ["partner", "hour"])


def downgrade() -> None:
    """Drops them."""
    op.drop_index(HOURS, "api_call_hours")
    op.drop_index(ERRORS, "api_calls")
