"""One kind of outgoing call after the other against peers that keep to no bound: seconds and memory of each.

A program of its own, for peak memory is a process's: `python -m tests.proofs.outgoing_calls CALL` prints a line of JSON
for every behaviour of the peer.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import AsyncClock, Clock
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.clients.feed_pages import FeedPages, PageBounds
from edye_delivery.clients.feed_pictures import FeedPictures, PictureBounds
from edye_delivery.clients.ingest import IngestApi, MediaBody, Upload
from edye_delivery.clients.jw_player.delivery import JwDelivery
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.clients.media import MediaFile, MediaHost
from edye_delivery.clients.public_hosts import HostGuard
from edye_delivery.clients.watch import IngestWatch
from tests.airflow_home import prepare
from tests.builders import the_annex
from tests.hostile_peer import BEHAVIOURS, hostile_peer
from tests.peak_memory import peak_bytes

ANSWER_S, SPAN_S = 1.0, 1.0
ONCE = RetryPolicy(attempts=1, base_s=0.1, cap_s=0.1)
CLOCK = Clock(lambda: datetime.now(UTC), time.sleep, random.random)
BOUNDS = CallBounds(ANSWER_S, 10_000, SPAN_S, max_bytes=8 * 1024 * 1024)


def client(port: int) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_S, trust_env=False)


def host(port: int) -> MediaHost:
    return MediaHost(client(port), frozenset({"127.0.0.1"}), ONCE, CLOCK, BOUNDS)


def url(port: int) -> str:
    return f"http://127.0.0.1:{port}/a"


def download(port: int) -> None:
    with host(port).stream(url(port)) as stream:
        for _ in stream.blocks():
            pass


def ingest(port: int) -> IngestApi:
    return IngestApi(client(port), the_annex(api={"least_rate_bytes_s": 10_000}), CLOCK)


def upload(port: int) -> object:
    return ingest(port).send(Upload("k", "r", "f.mp4", {"a": 1}, MediaBody(10**9, (b"x" * 10**6 for _ in range(1000)))))


def withdraw(port: int) -> object:
    annex = the_annex(withdrawal={"endpoint": {"method": "DELETE", "path": "/titles/{external_id}"}})
    assert annex.withdrawal.endpoint is not None
    return IngestApi(client(port), annex, CLOCK).withdraw("EDYE_1", "r", None, annex.withdrawal.endpoint)


async def status(port: int) -> object:
    clock = AsyncClock(CLOCK.now, lambda s: asyncio.sleep(min(s, 0.05)), random.random)
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=ANSWER_S, trust_env=False) as web:
        ends_at = datetime.now(UTC) + timedelta(seconds=2 * ANSWER_S)
        return await IngestWatch(the_annex(), web, ["t1"], ends_at, clock).until_all_ended()


async def page(port: int) -> object:
    async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as web:
        guard = HostGuard(lambda _: (), private_allowed=True)
        return await FeedPages(web, guard, PageBounds(8 * 1024 * 1024, 3.0)).fetch(url(port), frozenset())


async def picture(port: int) -> object:
    async with httpx.AsyncClient(timeout=ANSWER_S, trust_env=False) as web:
        guard = HostGuard(lambda _: (), private_allowed=True)
        return await FeedPictures(web, guard, PictureBounds(max_s=3.0)).facts_of(url(port), frozenset())


def connect(conn_id: str, port: int, **fields: Any) -> None:
    """Sets a connection of Airflow to the peer."""
    os.environ[f"AIRFLOW_CONN_{conn_id}"] = json.dumps(fields).replace("PORT", str(port))


def store(port: int) -> Any:
    from edye_delivery.hooks import feed_store

    feed_store.FEED_PAGE_MAX_BYTES = BOUNDS.max_bytes  # a page may have 250 MB; growth of that size would hide another

    extra = {"bucket_name": "b", "endpoint_url": "http://127.0.0.1:PORT", "region_name": "us-east-1"}
    bounds = {"timeout_s": ANSWER_S, "least_rate_bytes_s": 10_000}
    connect("FEED_STORE", port, conn_type="aws", login="a", password="b", extra=extra | bounds)
    return feed_store.FeedStoreHook(the_annex().feeds[0]).get_conn()


def generations(port: int) -> Any:
    """A bucket of generations."""
    from edye_delivery.hooks.delivery_api_store import DeliveryApiStoreHook

    extra = {"bucket_name": "b", "endpoint_url": "http://127.0.0.1:PORT", "region_name": "us-east-1", "cache": "build"}
    bounds = {"timeout_s": ANSWER_S, "least_rate_bytes_s": 10_000}
    connect("DELIVERY_API_STORE", port, conn_type="aws", login="a", password="b", extra=extra | bounds)
    return DeliveryApiStoreHook("delivery_api_store").get_conn()


def events(port: int) -> object:
    from edye_delivery.hooks.ingesta_logs import IngestaLogsHook

    connect("INGESTA_LOGS", port, conn_type="http", host="http://127.0.0.1:PORT", extra={"timeout_s": ANSWER_S})
    return IngestaLogsHook().sink().prepare()


def alert(port: int) -> object:
    from edye_delivery.hooks.alerts import AlertHook

    config = [{"path": "json://127.0.0.1:PORT/a?rto=600"}]
    connect("ALERTS", port, conn_type="apprise", extra={"config": config, "timeout_s": 5})
    return AlertHook().tell("title", "body", is_critical=True)


def jw_management(port: int) -> JwManagement:
    return JwManagement(client(port), "siteEDYE", ONCE, CLOCK, RequestLimiter(CLOCK))


CALLS: dict[str, Callable[[int], object]] = {
    "catalogue": lambda port: EdyeApi(client(port), ONCE, CLOCK, 500).shows(None),
    "media, head for the probe": lambda port: host(port).describe(url(port)),
    "media, range for the probe": lambda port: host(port).read(MediaFile(url(port), 10**9, '"1"', ""), 10**6, 10**6),
    "media, download": download,
    "picture": lambda port: host(port).fetch(url(port), 8 * 1024 * 1024),
    "upload": upload,
    "withdrawal": withdraw,
    "status": lambda port: asyncio.run(status(port)),
    "feed page (read-back, linter)": lambda port: asyncio.run(page(port)),
    "feed picture (linter)": lambda port: asyncio.run(picture(port)),
    "delivery API, as a partner": lambda port: DeliveryApi(client(port), ONCE, CLOCK, 100).page(ListName.SHOWS, 1),
    "JW Player, page of media": lambda port: jw_management(port).media_page(),
    "JW Player, sources": lambda port: JwDelivery(client(port), f"http://127.0.0.1:{port}", ONCE, CLOCK).media(
        "abcdefgh"
    ),
    "S3, head": lambda port: store(port).sha256_of("a"),
    "S3, put": lambda port: store(port).put("a", b"x" * 5_000_000, "0" * 64, "no-cache"),
    "S3, get": lambda port: store(port).get("a"),
    "S3, delete": lambda port: store(port).delete(["a"]),
    "bucket of generations, state": lambda port: generations(port).is_there("a/current.json"),
    "bucket of generations, read": lambda port: generations(port).read("a/current.json"),
    "bucket of generations, replace": lambda port: generations(port).replace("a/current.json", b"x" * 5_000_000),
    "bucket of generations, names": lambda port: generations(port).names("a/segments"),
    "bucket of generations, delete": lambda port: generations(port).delete("a/current.json"),
    "Elasticsearch": events,
    "alert": alert,
    "exposure check": lambda port: DeliveryApi(client(port), ONCE, CLOCK, 100).page(ListName.EPISODES, 1),
}


def main(name: str) -> None:
    """Every behaviour of the peer, one after the other."""
    for behaviour, behave in BEHAVIOURS.items():
        with hostile_peer(behave) as port:
            started = time.monotonic()
            try:
                outcome = f"gave {type(CALLS[name](port)).__name__}"
            except Exception as error:  # the row says what it was
                outcome = f"{type(error).__name__}: {str(error)[:90]}"
            seconds = time.monotonic() - started
        peak_mib = peak_bytes() / 1024**2
        row = {"call": name, "peer": behaviour, "seconds": seconds, "peak_mib": peak_mib, "outcome": outcome}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    prepare()
    main(sys.argv[1])
