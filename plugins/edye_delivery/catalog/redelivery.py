"""The request of a redelivery: titles by name or window, a reason, and a correction (annex section 7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.request import RunFacts, flag_of, reason_of, refuse_unknown, titles_and_window
from edye_delivery.catalog.vocabulary import Channel, Correction, Mode
from edye_delivery.errors import InvalidRequest

REDELIVERY_KEYS = frozenset({"window_start", "window_end", "external_ids", "reason", "correction", "dry_run"})
WHY = "why these titles are delivered again, such as 'the partner lost them in its migration of March'"
MODES = {
    Correction.BY_CAUSE: Mode.FAILED,
    Correction.METADATA: Mode.ALL,
    Correction.MEDIA: Mode.ALL,
    Correction.RESEND: Mode.ALL,
}
SENT_WHATEVER_STANDS = frozenset({Correction.MEDIA, Correction.RESEND})


def redelivery_of(partner: str, params: Mapping[str, Any], facts: RunFacts, channel: Channel) -> RunRequest:
    """The checked request; InvalidRequest says in one sentence which param is wrong and what it takes.

    `by_cause` works on deliveries that were begun and are not accepted; `metadata` sends titles whose metadata has
    changed, with the media that the partner has; `media` sends titles with a new encode of their media, accepted or
    not; `resend` sends titles as they are, accepted or not.
    """
    refuse_unknown(facts.given_keys, REDELIVERY_KEYS)
    if not params.get("external_ids") and not (params.get("window_start") and params.get("window_end")):
        raise InvalidRequest("a redelivery does not guess which titles are meant: give external_ids or a window")
    by_hand = replace(facts, interval_start_at=None, interval_end_at=None)  # the interval does not select its titles
    correction = _correction(params.get("correction", Correction.BY_CAUSE))
    return RunRequest(
        partner=partner,
        run_id=facts.run_id,
        **titles_and_window(None, params, by_hand),
        mode=MODES[correction],
        dry_run=flag_of(params, "dry_run", default=True),
        force_resend=correction in SENT_WHATEVER_STANDS,
        channel=channel,
        reason=reason_of(params.get("reason"), WHY),
        correction=correction,
    )


def _correction(value: Any) -> Correction:
    try:
        return Correction(value.strip() if isinstance(value, str) else value)
    except ValueError as error:
        raise InvalidRequest(f"correction is {value!r:.40}; it is one of {', '.join(Correction)}") from error
