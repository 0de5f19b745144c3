"""Withdraw: accepted titles leave the feeds or get an end date; the partner hears of it where its API takes that."""

from __future__ import annotations

import logging
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.withdrawal import WithdrawalEndpoint
from edye_delivery.catalog.one_title import StepFailure, TitleBrokeOff, attempt
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import WindowPlan, Withdrawal
from edye_delivery.catalog.window import Window
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ingest import IngestApi, Refusal
from edye_delivery.clients.retry import retry
from edye_delivery.errors import DeliveryError, Terminal, Transient
from edye_delivery.ledger.database import LEDGER_GONE
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.withdrawals import Withdrawals

log = logging.getLogger(__name__)


class WithdrawalRefused(Terminal):
    """The partner does not take a withdrawal, in its own words."""


def plan_withdrawal(request: RunRequest, withdrawals: Withdrawals) -> WindowPlan:
    """Which titles are withdrawn, and which of those asked for are not offered, so that nothing can be withdrawn."""
    asked, window = set(request.external_ids), Window(request.start_at, request.end_at)
    if asked and request.whole_catalogue:
        found = withdrawals.of_titles(request.external_ids, request.run_id, request.reason)
    else:
        found = withdrawals.of_window(window, request.run_id, request.reason)
    kept = tuple(one for one in found if not asked or one.external_id in asked)
    not_found = asked - {one.external_id for one in kept}
    return WindowPlan(request=request, batches=0, withdrawn=kept, not_found=tuple(sorted(not_found)))


def endpoint_for(annex: Annex, request: RunRequest) -> WithdrawalEndpoint | None:
    """The call by which the partner is told of this withdrawal; None where a person has to tell it.

    An end date is told only where the partner takes one: a call without it would end the title at once.
    """
    endpoint = annex.withdrawal.endpoint
    is_end_dated = request.withdrawal is not None and request.withdrawal.end_at is not None
    return None if endpoint is None or (is_end_dated and endpoint.end_at_parameter is None) else endpoint


@dataclass(slots=True)
class Withdrawer:
    """Withdraws titles one after the other: the ledger first, then the partner; `api` where it is to be told."""

    annex: Annex
    request: RunRequest
    withdrawals: Withdrawals
    clock: Clock
    api: IngestApi | None

    def withdraw_all(self, titles: Sequence[Withdrawal]) -> dict[str, int]:
        """Counts by what became of them. Every title is withdrawn here before the first call goes out.

        Raises the last failure once all titles were tried, for the next try tells those again; AuthRefused at once.
        """
        order = self.request.withdrawal
        end_at = order.end_at if order else None
        begun: list[Withdrawal] = []
        failure: DeliveryError | None = None
        for title in titles:
            act = partial(self.withdrawals.begin, title.delivery_key, self.request.run_id, self.request.reason, end_at)
            made = attempt(title.external_id, "withdrawing it", act, LEDGER_GONE)
            if isinstance(made, StepFailure):
                failure = TitleBrokeOff(f"{title.external_id}: {made.sentence}")
                continue
            if not made:
                log.info("%s is not offered any more, so this run withdraws nothing of it", title.external_id)
                continue
            begun.append(title)
            log.info("%s: %s", title.external_id, f"offered until {end_at}" if end_at else "out of the feeds")
        counts = Counter(withdrawn=len(begun))
        endpoint = endpoint_for(self.annex, self.request)
        if endpoint is not None and self.api is not None:
            revisions = self.withdrawals.revisions([title.external_id for title in begun])
            for title in begun:
                if revisions[title.external_id].withdrawal_told_at is None:
                    tell = partial(self._tell, title, endpoint, self.api)
                    failed = attempt(title.external_id, "telling the partner", tell, LEDGER_GONE)
                    if isinstance(failed, StepFailure):
                        failed = TitleBrokeOff(f"{title.external_id}: {failed.sentence}")
                    failure = failed or failure
                    counts["not told" if failed else "told"] += 1
        if failure is not None:
            raise failure
        return dict(counts)

    def _tell(self, title: Withdrawal, endpoint: WithdrawalEndpoint, api: IngestApi) -> DeliveryError | None:
        """Tells the partner of one title, with the annex's retries; the failure where it cannot be told."""
        request_id, started_s = str(uuid.uuid4()), 0.0

        def call() -> int:
            nonlocal started_s
            started_s = self.clock.monotonic()
            return self._tell_partner(title, endpoint, api, request_id)

        def between(error: Transient, pause_s: float) -> None:
            log.info("%s: %s; again in %.1f s", title.external_id, error, pause_s)

        try:
            status = retry(call, api_channel_of(self.annex).retry, self.clock, between=between)
        except (Transient, WithdrawalRefused) as failed:
            failed.seconds = self.clock.monotonic() - started_s
            self.withdrawals.mark_not_told(title.delivery_key, str(failed), request_id, Call.of(failed))
            log.warning("%s: the partner could not be told: %s", title.external_id, failed)
            return failed
        self.withdrawals.mark_told(title.delivery_key, request_id, Call(self.clock.monotonic() - started_s, status))
        log.info("%s: the partner knows", title.external_id)
        return None

    def _tell_partner(self, title: Withdrawal, endpoint: WithdrawalEndpoint, api: IngestApi, request_id: str) -> int:
        """The partner's status code; raises what kept it from being told."""
        order = self.request.withdrawal
        answer = api.withdraw(title.external_id, request_id, order.end_at if order else None, endpoint)
        if isinstance(answer, Refusal):
            raise WithdrawalRefused(answer.sentence).with_answer(answer.http_status, answer.code)
        return answer.status
