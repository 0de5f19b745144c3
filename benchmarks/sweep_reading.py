"""One sweep of a JW Player in a fresh process: `python -m benchmarks.sweep_reading URL` prints what it took.

It prints {"seconds", "media", "calls", "sentence", "peak_bytes", "bare_bytes", "addresses": [every call's]}.
"""

from __future__ import annotations

import json
import sys
import time

import httpx

from benchmarks.production import CLOCK
from benchmarks.sending import memory_bytes
from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.clients.jw_player.sweep import sweep_library
from edye_delivery.clients.secret_mask import SecretMask
from sandbox.jw_player import SITE_ID, TOKEN

NO_LIMIT = 1_000_000_000
POLICY = RetryPolicy(attempts=2, base_s=0.1, cap_s=1.0, retry_after_max_s=1.0)


def main() -> int:
    """Sweeps once and prints the figures."""
    addresses: list[str] = []
    client = httpx.Client(
        base_url=sys.argv[1],
        headers={"Authorization": f"Bearer {TOKEN}"},
        timeout=60.0,
        trust_env=False,
        event_hooks={"request": [lambda request: addresses.append(str(request.url))]},
    )
    mask = SecretMask.of(TOKEN)
    management = JwManagement(client, SITE_ID, POLICY, CLOCK, RequestLimiter(CLOCK, NO_LIMIT), mask)
    bare_bytes, library, started = memory_bytes("VmHWM"), JwLibrary(), time.perf_counter()
    sweep = sweep_library(management, library, CLOCK)
    told = {
        "seconds": time.perf_counter() - started,
        "media": len(library),
        "calls": sweep.calls,
        "sentence": sweep.sentence,
        "peak_bytes": memory_bytes("VmHWM"),
        "bare_bytes": bare_bytes,
        "addresses": addresses,
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main())
