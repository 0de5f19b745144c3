"""A library at JW Player as a test's transport answers it, and a clock that moves only when somebody sleeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from edye_delivery.clients.clock import Clock
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.clients.jw_player.parts import LAST, id_of
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from tests.unit.clients.transport import RETRY_POLICY, client_of

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
RANGE = re.compile(r"id:\[(\w{8}) TO (\w{8})\]")
Answer = Callable[[dict[str, Any], int], "dict[str, Any] | httpx.Response"]


class SleepingClock:
    """Time stands still but for sleeps."""

    def __init__(self) -> None:
        self.seconds, self.pauses = 1_000.0, list[float]()

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def clock(self) -> Clock:
        return Clock(
            now=lambda: NOW + timedelta(seconds=self.seconds - 1_000),
            sleep=self.sleep,
            random=lambda: 0.5,
            monotonic=lambda: self.seconds,
        )


def media_item(media_id: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": media_id,
        "type": "media",
        "created": "2026-01-01T00:00:00+00:00",
        "last_modified": "2026-02-01T00:00:00.042095+00:00",
        "status": "ready",
        "duration": 62.5,
        "metadata": {"title": "Nina", "tags": ["roku"], "custom_params": {"Acronym": "EDYE_NINA"}},
    } | changes


def ids(count: int) -> list[str]:
    """So many ids, spread over all that there can be."""
    return [id_of(LAST * number // max(1, count - 1)) for number in range(count)]


class Library:
    """Lists media by the contract, with the limit of 10,000 results; `change` gives other answers to a call."""

    def __init__(self, media_ids: list[str], change: Answer = lambda body, call: body) -> None:
        self.media_ids, self.change, self.queries = list(media_ids), change, list[dict[str, str]]()
        self.results_max, self.counts_further = 10_000, True

    def __call__(self, request: httpx.Request) -> httpx.Response:
        query = dict(request.url.params)
        self.queries.append(query)
        bounds = RANGE.fullmatch(query.get("q", "id:[00000000 TO zzzzzzzz]"))
        assert bounds is not None
        found = [one for one in self.media_ids if bounds[1] <= one <= bounds[2]]
        page, length = int(query["page"]), int(query["page_length"])
        listed = found[: self.results_max][(page - 1) * length : page * length]
        body = {
            "media": [media_item(one) for one in listed],
            "page": page,
            "page_length": length,
            "total": len(found) if self.counts_further else min(len(found), self.results_max),
        }
        answer = self.change(body, len(self.queries))
        return answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)


def management_of(
    handler: Callable[[httpx.Request], httpx.Response],
    time: SleepingClock | None = None,
    mask: SecretMask = NO_SECRETS,
    calls_a_minute: int = 1_000_000,
) -> JwManagement:
    clock = (time or SleepingClock()).clock()
    limiter = RequestLimiter(clock, calls_a_minute)
    return JwManagement(client_of(handler), "siteEDYE", RETRY_POLICY, clock, limiter, mask)
