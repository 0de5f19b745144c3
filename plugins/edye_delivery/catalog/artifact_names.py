"""Names of a run's files in the artifact store: by partner, window, run and step."""

from __future__ import annotations

import hashlib
import re

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.window import Window


def run_folder(request: RunRequest) -> str:
    """The folder of one run: runs/<partner>/<window>/<run>."""
    window = Window(request.start_at, request.end_at)
    return f"runs/{request.partner}/{window.slug}/{run_slug(request.run_id)}"


def snapshot_name(request: RunRequest) -> str:
    """The catalogue snapshot."""
    return f"{run_folder(request)}/snapshot.jsonl"


def plan_name(request: RunRequest) -> str:
    """The window plan."""
    return f"{run_folder(request)}/plan.json"


def batch_name(request: RunRequest, number: int, step: str) -> str:
    """One batch after one step: plan, checked, reencoded, thumbnails."""
    return f"{run_folder(request)}/batch-{number:04}/{step}.json"


def report_name(request: RunRequest, ending: str) -> str:
    """The run's report in one format."""
    return f"{run_folder(request)}/report.{ending}"


def consumption_name(partner: str, window: Window, ending: str) -> str:
    """The report of what a partner that pulls called and fetched in a window, in one format."""
    return f"consumption/{partner}/{window.slug}/consumption.{ending}"


def feed_record_name(request: RunRequest, feed: str, step: str) -> str:
    """The record of one step of a feed: draft, linted, published."""
    return f"{run_folder(request)}/feed-{feed}/{step}.json"


def feed_page_name(request: RunRequest, feed: str, page: str) -> str:
    """A page of this run's draft of a feed, named by its content; no other run reads or deletes it."""
    return f"{run_folder(request)}/feed-{feed}/pages/{page}"


def feed_base_name(partner: str, feed: str, name: str) -> str:
    """What is kept of a feed for its next assembly, named by its content."""
    return f"feeds/{partner}/{feed}/{name}"


def generation_record_name(request: RunRequest, step: str) -> str:
    """The record of one step of a pull channel: published, checked."""
    return f"{run_folder(request)}/generation/{step}.json"


def art_name(content_name: str) -> str:
    """Artwork and thumbnails, named by content."""
    return f"art/{content_name[:2]}/{content_name}"


def encode_name(key: str, ending: str) -> str:
    """A re-encoded media file, or its record; `key` is a digest of the original and of the profile."""
    return f"encodes/{key[:2]}/{key}.{ending}"


def run_slug(run_id: str) -> str:
    """The name of a run's folder."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", run_id).strip("-")[:80]
    return f"{plain}-{hashlib.sha256(run_id.encode()).hexdigest()[:8]}"
