"""The document of `status --json`, written in pieces, so that a large ledger is never whole in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from edye_delivery.catalog.printable import json_text
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.status_records import ErrorsInARow, Event, Selection, Status
from edye_delivery.ledger.title_counts import Count


def document(
    address: str, selection: Selection, counts: Iterable[Count], titles: Iterable[dict[str, Any]]
) -> Iterator[str]:
    """The whole document: the ledger, the selection, the counts, and each title on a line."""
    summary = [_count(count) for count in counts]
    head = {
        "ledger": address,
        "partner": selection.partner,
        "window": selection.window.as_json() if selection.window else None,
        "titles_that_need_a_person": sum(one["titles"] for one in summary if one["needs_a_person"]),
        "summary": summary,
    }
    yield f'{json_text(head)[:-1]}, "titles": ['
    separator = "\n"
    for title in titles:
        yield f"{separator}{json_text(title)}"
        separator = ",\n"
    yield "\n]}\n"


def as_value(one: Status) -> dict[str, Any]:
    """One title of the document."""
    return {
        "partner": one.partner,
        "external_id": one.external_id,
        "edye_id": one.edye_id,
        "title": one.title,
        "kind": one.kind,
        "lang": one.lang,
        "state": one.state,
        "cause": one.cause,
        "owner": one.owner,
        "needs_a_person": one.needs_a_person,
        "nobody_waits": one.nobody_waits,
        "waits_for_partner": one.waits_for_partner,
        "since": rfc3339(one.since),
        "detail": one.detail,
        "rules": list(one.rules),
        "attempts": one.attempts,
        "channel": one.channel,
        "tracking_id": one.tracking_id,
        "delivery_key": one.delivery_key,
        "run_id": one.run_id,
        "planned_at": rfc3339(one.planned_at),
        "sent_at": _moment(one.sent_at),
        "accepted_delivery_key": one.accepted_key,
        "accepted_at": _moment(one.accepted_at),
        "withdrawn_at": _moment(one.withdrawn_at),
        "next_step": one.next_step,
    }


def past_of(errors: Iterable[ErrorsInARow], events: Iterable[Event]) -> dict[str, Any]:
    """What a title named by the user has in addition: its clients' errors in a row, and its history."""
    return {
        "errors_in_a_row": [
            {
                "client_id": row.client_id,
                "errors": row.errors,
                "since": _moment(row.first_error_at),
                "alerted_at": _moment(row.alerted_at),
            }
            for row in errors
        ],
        "history": [
            {
                "at": rfc3339(event.at),
                "action": event.action,
                "state": event.state,
                "detail": event.detail,
                "run_id": event.run_id,
                "delivery_key": event.delivery_key,
            }
            for event in events
        ],
    }


def _count(count: Count) -> dict[str, Any]:
    return {
        "partner": count.partner,
        "state": count.state,
        "cause": count.cause,
        "owner": count.owner,
        "needs_a_person": count.needs_a_person,
        "nobody_waits": count.nobody_waits,
        "waits_for_partner": count.waits_for_partner,
        "titles": count.titles,
        "since": rfc3339(count.since),
    }


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None
