"""A delivery API with a small catalogue, what the ledger expects of it, and the check between them, over HTTP."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.exposure import Expected, ExpectedItem, RemovedItem, item_digest
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.pipeline.exposure.check import check_exposure
from edye_delivery.pipeline.exposure.result import ExposureResult
from tests.builders import the_annex
from tests.pull_server import TOKEN, PullServer, a_show, an_entry, an_item

NOW = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
POLICY = RetryPolicy(attempts=2, base_s=0.0, cap_s=0.01, retry_after_max_s=60.0)
KEYS = {ListName.SHOWS: "shows", ListName.EPISODES: "episodes", ListName.ENTRIES: "feed"}
ANNEX = the_annex()
ALL_ENDPOINTS = ["shows", "episodes", "feed", "media"]


class Time:
    """A clock whose pauses take no time, and count."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds

    def monotonic(self) -> float:
        return time.monotonic() + self.slept_s

    def clock(self) -> Clock:
        return Clock(lambda: NOW, self.sleep, random.Random(1).random, self.monotonic)


def a_channel(endpoints: Iterable[str] = ALL_ENDPOINTS, **changes: Any) -> PullChannel:
    users = {"reader": {"endpoints": list(endpoints)}}
    check = {"user": "reader"} | changes.pop("check", {})
    return PullChannel.model_validate({"users": users, "check": check, "tags": ["kids"], "geo": ["mx"]} | changes)


def fill(server: PullServer, episodes: int = 25) -> None:
    """A series with its episodes, each also as an entry of the feed."""
    server.items = {
        "shows": [a_show()],
        "episodes": [an_item(number) for number in range(episodes)],
        "feed": [an_entry(number) for number in range(episodes)],
    }


def expected_of(
    server: PullServer,
    new: Iterable[str] = (),
    removed: Iterable[RemovedItem] = (),
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    **more: Any,
) -> Expected:
    """What the ledger expects where the server is right; `changes` of expected items, by id."""
    is_new, changed = frozenset(new), changes or {}
    items: list[ExpectedItem | RemovedItem] = []
    for name, key in KEYS.items():
        for item in server.items[key]:
            values = {
                "list": name,
                "id": item["id"],
                "external_id": item.get("external_id") or external_id_of(item["id"]),
                "digest": item_digest(item),
                "show_id": item.get("show_id", ""),
                "season_number": item.get("season_number"),
                "episode_number": item.get("episode_number"),
                "tags": tuple(item.get("tags", ())),
                "geo": tuple(item.get("geo", ())),
                "is_new": item["id"] in is_new,
            }
            items.append(ExpectedItem(**values | changed.get(item["id"], {})))
    counts = {name: len(server.items[key]) for name, key in KEYS.items()}
    return Expected(**{"generation": server.generation, "counts": counts, "items": [*items, *removed]} | more)


def external_id_of(item_id: str) -> str:
    return f"EDYE_PLANETA_S01E{int(item_id[3:]):02}_ES" if item_id.startswith("ep-") else ""


def api_of(server: PullServer, skipping: Time, ends_at_s: float) -> DeliveryApi:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    web = httpx.Client(base_url=server.url, headers=headers, timeout=5.0, trust_env=False)
    return DeliveryApi(web, POLICY, skipping.clock(), 10, ends_at_s=ends_at_s)


def check(
    server: PullServer,
    expected: Expected | None = None,
    *,
    pull: PullChannel | None = None,
    is_full: bool = True,
    media: MediaHost | None = None,
    run: Run | None = None,
    lasts_s: float = 3600.0,
) -> ExposureResult:
    """The check's result."""
    skipping = Time()
    ends_at_s = skipping.monotonic() + lasts_s
    return check_exposure(
        api_of(server, skipping, ends_at_s),
        expected or expected_of(server),
        ANNEX,
        pull or a_channel(),
        skipping.clock(),
        is_full=is_full,
        media=media,
        run=run,
        ends_at_s=ends_at_s,
    )


def messages(result: ExposureResult, code: str) -> list[str]:
    return [found.finding.message for found in result.findings if found.finding.code == code]


def skipped(result: ExposureResult, code: str) -> list[str]:
    return [reason for one, reason in result.skipped if one == code]
