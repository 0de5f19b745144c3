"""One move of one delivery: its row changed where the state allows it, and its event, in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, insert, select, true, update

from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.records import MOVES, MoveRefused
from edye_delivery.ledger.streaks import Client
from edye_delivery.ledger.tables import DELIVERIES
from edye_delivery.ledger.trail import Call, note


@dataclass(frozen=True, slots=True)
class Moves:
    """Writes over the caller's connection; `client` is whose errors are counted, where there is one."""

    now: Callable[[], datetime]
    client: Client | None = None

    def move(
        self,
        connection: Connection,
        key: str,
        state: DeliveryState,
        action: str,
        condition: ColumnElement[bool] | None = None,
        call: Call | None = None,
        **values: Any,
    ) -> Mapping[Any, Any]:
        """The delivery in its new state, with `values` set and the last failure forgotten; MoveRefused."""
        at = self.now()
        cleared: dict[str, Any] = {"cause": None, "owner": None, "detail": "", "rules": []}
        ended = {"finished_at": at if state.is_terminal else None}
        changed = connection.execute(
            update(DELIVERIES)
            .where(DELIVERIES.c.delivery_key == key, DELIVERIES.c.state.in_(MOVES[state]))
            .where(true() if condition is None else condition)
            .values(**(cleared | ended | values | {"state": state, "updated_at": at}))
        )
        row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().first()
        if row is None or changed.rowcount != 1:
            by_channel = f" by the channel {row['channel']}" if row and row["channel"] else ""
            stands = f"stands at {row['state']}{by_channel}" if row else "is not in the ledger"
            raise MoveRefused(f"the delivery {key[:12]} {stands}, so it cannot become {state}")
        self.note(connection, row, action, call)
        return row

    def insert_planned(self, connection: Connection, partner: str, run_id: str, plan: PlannedTitle) -> None:
        """A delivery that the ledger does not know yet, planned."""
        at = self.now()
        row = {
            "delivery_key": plan.delivery_key,
            "content_key": plan.content_key,
            "partner": partner,
            "external_id": plan.external_id,
            "edye_id": plan.title.id,
            "title": plan.title.name,
            "kind": plan.title.kind,
            "lang": plan.title.lang,
            "file_name": plan.file_name,
            "media_digest": plan.media_digest,
            "revision": plan.revision,
            "state": DeliveryState.PLANNED,
            "run_id": run_id,
            "planned_at": at,
            "updated_at": at,
            "detail": "",
        }
        connection.execute(insert(DELIVERIES).values(row))
        self.note(connection, row, "plan")

    def note(self, connection: Connection, row: Mapping[Any, Any], action: str, call: Call | None = None) -> None:
        """The event of something that was done to a delivery."""
        client_id = self.client.client_id if self.client else None
        note(connection, row, action, self.now(), client_id, call)
