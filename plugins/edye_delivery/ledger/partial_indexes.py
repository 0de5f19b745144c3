"""The ledger's indexes of a few rows each: what is open, what waits to be shipped, what was withdrawn or ends."""

from __future__ import annotations

from sqlalchemy import Index, text

from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS

NOT_ENDED_WELL = text("state NOT IN ('accepted', 'withdrawn')")

DELIVERIES_OPEN = Index(
    "deliveries_open",  # all that tells whose turn it is, so that thousands of rows need not be looked up
    *(DELIVERIES.c[name] for name in ("delivery_key", "state", "channel", "refused_cause", "encode_name")),
    *(DELIVERIES.c[name] for name in ("waited_until", "lease_expires_at", "updated_at")),
    sqlite_where=NOT_ENDED_WELL,
    postgresql_where=NOT_ENDED_WELL,
)

EVENTS_TO_SHIP = Index(
    "events_to_ship",
    EVENTS.c.id,
    sqlite_where=EVENTS.c.shipped_at.is_(None) & EVENTS.c.refusal.is_(None),
    postgresql_where=EVENTS.c.shipped_at.is_(None) & EVENTS.c.refusal.is_(None),
)

EVENTS_SET_ASIDE = Index(
    "events_set_aside",
    EVENTS.c.id,
    sqlite_where=EVENTS.c.refusal.is_not(None),
    postgresql_where=EVENTS.c.refusal.is_not(None),
)

REVISIONS_BY_END = Index(
    "revisions_by_end_at",
    REVISIONS.c.partner,
    REVISIONS.c.end_at,
    sqlite_where=REVISIONS.c.end_at.is_not(None),
    postgresql_where=REVISIONS.c.end_at.is_not(None),
)

UNTOLD = REVISIONS.c.withdrawn_at.is_not(None) & REVISIONS.c.withdrawal_told_at.is_(None)

REVISIONS_BY_WITHDRAWAL = Index(
    "revisions_by_withdrawn_at",
    REVISIONS.c.partner,
    REVISIONS.c.withdrawn_at,
    sqlite_where=UNTOLD,
    postgresql_where=UNTOLD,
)

TITLE_STATUS_BY_CAUSE = Index(
    "title_status_by_cause",
    TITLE_STATUS.c.partner,
    TITLE_STATUS.c.cause,
    TITLE_STATUS.c.owner,
    sqlite_where=TITLE_STATUS.c.cause.is_not(None),
    postgresql_where=TITLE_STATUS.c.cause.is_not(None),
)

TITLE_STATUS_OPEN = Index(
    "title_status_open",
    *(TITLE_STATUS.c[name] for name in ("partner", "state", "cause", "owner", "since", "delivery_key", "external_id")),
    sqlite_where=NOT_ENDED_WELL,
    postgresql_where=NOT_ENDED_WELL,
)
