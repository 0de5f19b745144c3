"""The request of a withdrawal: accepted titles by name or by time of acceptance, a reason, an end date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from edye_delivery.catalog.plan import RunRequest, WithdrawalOrder
from edye_delivery.catalog.request import RunFacts, flag_of, reason_of, refuse_unknown, titles_and_window
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.window import parse_moment
from edye_delivery.errors import InvalidRequest

WITHDRAWAL_KEYS = frozenset({"window_start", "window_end", "external_ids", "reason", "end_at", "dry_run"})
WHY = "why these titles are withdrawn, such as 'the rights for Mexico ended early, agreed with Legal'"


def withdrawal_of(partner: str, params: Mapping[str, Any], facts: RunFacts, channel: Channel) -> RunRequest:
    """The checked request; InvalidRequest says in one sentence which param is wrong and what it takes.

    It is about the named titles, or about those that were accepted within the window; with both, about the named ones
    that were accepted within it.
    """
    refuse_unknown(facts.given_keys, WITHDRAWAL_KEYS)
    if not params.get("external_ids") and not (params.get("window_start") and params.get("window_end")):
        raise InvalidRequest("a withdrawal does not guess which titles are meant: give external_ids or a window")
    by_hand = replace(facts, interval_start_at=None, interval_end_at=None)  # the interval does not select its titles
    end_at = parse_moment(str(params["end_at"]), "end_at") if params.get("end_at") else None
    if end_at is not None and end_at <= facts.run_after:
        raise InvalidRequest(
            f"end_at is {end_at:%Y-%m-%d %H:%M} UTC, which is in the past: leave it empty to withdraw at once"
        )
    return RunRequest(
        partner=partner,
        run_id=facts.run_id,
        **titles_and_window(None, params, by_hand),
        dry_run=flag_of(params, "dry_run", default=True),
        channel=channel,
        reason=reason_of(params.get("reason"), WHY),
        withdrawal=WithdrawalOrder(end_at=end_at),
    )
