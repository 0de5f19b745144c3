"""Rows of the database as records, and how many of them one query asks for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any, TypeVar

from sqlalchemy import Connection, Table, select
from sqlalchemy.dialects import postgresql, sqlite

from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.ledger.records import Delivery, Revision
from edye_delivery.ledger.tables import DELIVERIES

Key = TypeVar("Key")
KEYS_A_QUERY = 500
PLAIN = (
    "delivery_key", "content_key", "partner", "external_id", "edye_id", "detail", "attempts", "unanswered",
    "rounds_ended", "tracking_id", "request_id", "encode_name", "bytes_sent", "seconds_sending", "run_id",
    "first_sent_at", "sent_at", "received_at", "finished_at", "lease_holder", "lease_run_id", "lease_try",
    "lease_expires_at", "read_at", "waited_until",
)  # fmt: skip


def delivery_of(row: Mapping[Any, Any]) -> Delivery:
    """A row of `deliveries`."""
    return Delivery(
        state=DeliveryState(row["state"]),
        cause=Cause(row["cause"]) if row["cause"] else None,
        owner=Owner(row["owner"]) if row["owner"] else None,
        rules=tuple(row["rules"] or ()),
        criteria=tuple(row["criteria"] or ()),
        channel=Channel(row["channel"]) if row["channel"] else None,
        whole_files=tuple(row["whole_files"] or ()),
        refused_cause=Cause(row["refused_cause"]) if row["refused_cause"] else None,
        **{name: row[name] for name in PLAIN},
    )


def deliveries_of(connection: Connection, partner: str, external_ids: Sequence[str]) -> dict[str, dict[str, Delivery]]:
    """Every delivery of these titles by external_id and key."""
    found: dict[str, dict[str, Delivery]] = {name: {} for name in external_ids}
    for names in chunks(external_ids):
        query = select(DELIVERIES).where(DELIVERIES.c.partner == partner, DELIVERIES.c.external_id.in_(names))
        for row in connection.execute(query).mappings():
            found[row["external_id"]][row["delivery_key"]] = delivery_of(row)
    return found


def chunks(names: Sequence[Key]) -> Iterator[Sequence[Key]]:
    """The keys, in groups small enough for one query."""
    for start in range(0, len(names), KEYS_A_QUERY):
        yield names[start : start + KEYS_A_QUERY]


def revision_of(row: Mapping[Any, Any]) -> Revision:
    """A row of `revisions`, without the title itself."""
    return Revision(**{field.name: row[field.name] for field in fields(Revision)})


def upsert_into(connection: Connection, table: Table) -> Any:
    """An insert of the database's own dialect, which can also update a row that exists."""
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    return dialect.insert(table)
