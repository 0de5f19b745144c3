"""The production code's parts as the benchmarks need them: an annex, a client with the hooks' settings, a title."""

from __future__ import annotations

import random
import time
from datetime import UTC, datetime

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.channels import ftp_channel_of
from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.parse import parse_show
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Title
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.media import MediaHost

CLOCK = Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, random=random.random)
ONCE = RetryPolicy(attempts=1, base_s=0.1, cap_s=0.1, retry_after_max_s=0.1)


def first_api_annex() -> Annex:
    """The first partner with an ingest API."""
    return next(annex for annex in load_annexes(DEFAULT_FOLDER).values() if annex.api is not None)


def ftp_annex_below(folder: str) -> Annex:
    """The first partner with an FTP channel, its tree on the server moved into this folder."""
    annex = next(annex for annex in load_annexes(DEFAULT_FOLDER).values() if annex.ftp is not None)
    channel = ftp_channel_of(annex)
    folders = {kind: f"{folder}{path}" for kind, path in channel.folders.model_dump().items()}
    channel = channel.model_copy(update={"folders": channel.folders.model_copy(update=folders)})
    return annex.model_copy(update={"ftp": channel})


def client(base_url: str = "") -> httpx.Client:
    """An HTTP client with the settings that the hooks give theirs (`hooks/http_client.py`)."""
    limits = httpx.Limits(max_connections=64, max_keepalive_connections=32)
    return httpx.Client(base_url=base_url, timeout=httpx.Timeout(120.0, connect=10.0), trust_env=False, limits=limits)


def media_host(base_url: str) -> MediaHost:
    """The client of the media host at this address, without second tries: a failure ends the benchmark."""
    return MediaHost(client(), frozenset({base_url.removeprefix("http://")}), ONCE, CLOCK)


def planned_title(annex: Annex, media_url: str, sha256: str | None) -> PlannedTitle:
    """A movie whose media file is at this address."""
    item = {
        "id": "benchmark-1",
        "kind": "movie",
        "title_id": "EDYE_MOV_000001",
        "lang": "es",
        "titles": {"es": "Prueba"},
        "sources": [{"file": media_url, "type": "video/mp4", "height": 720, "sha256": sha256}],
        "visible": True,
        "updated_at": "2026-03-01T12:00:00Z",
    }
    title = parse_show(item)
    if not isinstance(title, Title):
        raise SystemExit(f"the benchmark's title is none: {title}")
    return plan_of(annex, title)
