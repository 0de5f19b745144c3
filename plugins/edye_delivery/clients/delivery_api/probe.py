"""One call to the delivery API's health, for the watch: whether it is answered, and how long that takes."""

from __future__ import annotations

import httpx

from edye_delivery.catalog.degradation import YOUNG_GENERATIONS, Probe
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import USER_AGENT
from edye_delivery.clients.http import exchange
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import DeliveryError

HEALTH, OK, NOT_ALL_YOUNG = "/healthz", 200, 503
ANSWER_MAX_BYTES = 64 * 1024


def probe_health(
    client: httpx.Client, url: httpx.URL, clock: Clock, timeout_s: float, mask: SecretMask = NO_SECRETS
) -> Probe:
    """The probe of the API at this address; a call that fails has no good answer, and is not tried again.

    A 503 with the body of our /healthz is a good answer: the API is there, and the generation of some partner is old,
    or not made yet. The watch looks at the age of its own partner's generation by itself.
    """
    at, began_s = clock.now(), clock.monotonic()
    request = client.build_request("GET", url.join(HEALTH), headers={"User-Agent": USER_AGENT})
    bounds = CallBounds(answer_s=timeout_s, max_bytes=ANSWER_MAX_BYTES)
    try:
        answer = exchange(client, request, f"the delivery API ({HEALTH})", bounds, mask)
    except DeliveryError as error:
        return Probe(at, False, 1000 * (clock.monotonic() - began_s), str(error))
    milliseconds = 1000 * (clock.monotonic() - began_s)
    is_there = answer.status == OK or (answer.status == NOT_ALL_YOUNG and _is_our_body(answer.json_or_none()))
    detail = "" if is_there else f"the delivery API ({HEALTH}) answered {answer.status}"
    return Probe(at, not detail, milliseconds, detail)


def _is_our_body(told: object) -> bool:
    return isinstance(told, dict) and YOUNG_GENERATIONS in told
