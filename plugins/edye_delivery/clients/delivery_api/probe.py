"""One call to the delivery API's health, for the watch: whether it is answered, and how long that takes."""

from __future__ import annotations

import httpx

from edye_delivery.catalog.degradation import Probe
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import USER_AGENT
from edye_delivery.clients.http import exchange
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import DeliveryError

HEALTH, OK = "/healthz", 200
ANSWER_MAX_BYTES = 64 * 1024


def probe_health(
    client: httpx.Client, url: httpx.URL, clock: Clock, timeout_s: float, mask: SecretMask = NO_SECRETS
) -> Probe:
    """The probe of the API at this address; a call that fails has no good answer, and is not tried again."""
    at, began_s = clock.now(), clock.monotonic()
    request = client.build_request("GET", url.join(HEALTH), headers={"User-Agent": USER_AGENT})
    bounds = CallBounds(answer_s=timeout_s, max_bytes=ANSWER_MAX_BYTES)
    try:
        answer = exchange(client, request, f"the delivery API ({HEALTH})", bounds, mask)
    except DeliveryError as error:
        return Probe(at, False, 1000 * (clock.monotonic() - began_s), str(error))
    milliseconds = 1000 * (clock.monotonic() - began_s)
    detail = "" if answer.status == OK else f"the delivery API ({HEALTH}) answered {answer.status}"
    return Probe(at, not detail, milliseconds, detail)
