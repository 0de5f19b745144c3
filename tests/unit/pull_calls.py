"""Calls of the delivery API for tests: rows of its log, and the annex of a partner that pulls."""

from __future__ import annotations

import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, insert

from edye_delivery.annex.pull import PullChannel
from edye_delivery.ledger.pull_tables import API_CALLS
from tests.builders import the_annex

PARTNER = "shelf"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LISTS = ("showList", "episodeList", "feed")
PULL = {
    "users": {"reader": {"endpoints": ["shows", "episodes"]}, "other": {"endpoints": ["feed"]}},
    "check": {"user": "reader"},
}


def a_pull(**changes: Any) -> PullChannel:
    """What the partner pulls; `degradation` and others may be different."""
    return PullChannel.model_validate(PULL | changes)


def the_pull_annex(**changes: Any):
    """The annex of a partner that pulls alone."""
    return the_annex(
        partner=PARTNER,
        display_name="The Shelf",
        client_id="shelf-1",
        api=None,
        ftp=None,
        feeds=[],
        pull=PULL | changes,
        reencode=None,
        withdrawal={"endpoint": None},
    )


def a_call(at: datetime = NOON, **changes: Any) -> dict[str, Any]:
    """A row of the log: a list that was answered with 200."""
    return {
        "id": uuid.uuid4().hex,
        "at": at,
        "level": "info",
        "partner": PARTNER,
        "user": "reader",
        "endpoint": "showList",
        "status": 200,
        "milliseconds": 20.0,
        "bytes": 1000,
        "items": 2,
        "generation": 7,
        "checkpoint_generation": None,
        "first_item": None,
        "last_item": None,
        "query": "",
        "message": None,
        "request_id": uuid.uuid4().hex[:12],
        "geo": None,
        "user_agent": "shelf/1",
    } | changes


def calls_every(seconds: float, start_at: datetime, count: int, **changes: Any) -> list[dict[str, Any]]:
    """So many calls, one every few seconds."""
    return [a_call(start_at + timedelta(seconds=seconds * number), **changes) for number in range(count)]


def random_calls(seed: int, count: int, hours: float = 3) -> list[dict[str, Any]]:
    """Calls of several users, endpoints and statuses within hours from noon on."""
    chance = random.Random(seed)
    rows = []
    for _ in range(count):
        rows.append(
            a_call(
                NOON + timedelta(seconds=round(chance.uniform(0, hours * 3600), 3)),
                user=chance.choice(["reader", "other", None]),
                endpoint=chance.choice([*LISTS, "show", "media"]),
                status=chance.choice([200, 200, 200, 304, 302, 400, 401, 401, 404, 429, 429, 500, 503]),
                milliseconds=round(chance.lognormvariate(4, 2), 3),
                bytes=chance.randrange(100_000),
                items=chance.choice([None, 0, 100]),
                user_agent=chance.choice([None, "shelf/1", "edye-delivery/1 (exposure check)"]),
            )
        )
    return rows


def add_calls(engine: Engine, rows: list[dict[str, Any]]) -> None:
    """Writes the rows into the log."""
    with engine.begin() as connection:
        for start in range(0, len(rows), 500):
            connection.execute(insert(API_CALLS), rows[start : start + 500])
