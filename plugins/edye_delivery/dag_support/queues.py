"""The queues of Celery: which workers may run which steps. LocalExecutor has one queue and ignores them."""

from __future__ import annotations

from typing import Any

from edye_delivery.annex.pools import MEDIA_POOL

DEFAULT = "default"
"""Short steps that plan, wait for nothing and publish: Airflow's own default."""
TRANSFER = "transfer"
"""Uploads to partners: they wait for the line, so a worker may run more of them than it has cores."""
MEDIA = "media"
"""Probing, encoding and artwork: each needs a core."""
MEDIA_WORK: dict[str, Any] = {"queue": MEDIA, "pool": MEDIA_POOL}
"""The arguments of every step that works on media."""
QUEUES = (DEFAULT, TRANSFER, MEDIA)
