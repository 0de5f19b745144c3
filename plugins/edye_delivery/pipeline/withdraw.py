"""Withdraw: accepted titles leave the feeds or get an end date; the partner is told where its API takes that."""

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
from edye_delivery.catalog.channel_words import words_of
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
    """The partner refused a withdrawal; the message has the partner's own words."""


def plan_withdrawal(request: RunRequest, withdrawals: Withdrawals) -> WindowPlan:
    """Which titles to withdraw, and which of the named ones are not offered and so cannot be withdrawn."""
    external_ids, window = set(request.external_ids), Window(request.start_at, request.end_at)
    if external_ids and request.whole_catalogue:
        found = withdrawals.of_titles(request.external_ids, request.run_id, request.reason)
    else:
        found = withdrawals.of_window(window, request.run_id, request.reason)
    withdrawals_of_run = tuple(one for one in found if not external_ids or one.external_id in external_ids)
    not_found = external_ids - {one.external_id for one in withdrawals_of_run}
    return WindowPlan(request=request, batches=0, withdrawn=withdrawals_of_run, not_found=tuple(sorted(not_found)))


def endpoint_for(annex: Annex, request: RunRequest) -> WithdrawalEndpoint | None:
    """The call by which the partner is told of this withdrawal; None where a person has to tell it."""
    is_end_dated = request.withdrawal is not None and request.withdrawal.end_at is not None
    return annex.withdrawal.endpoint_for(is_end_dated=is_end_dated)


@dataclass(slots=True)
class Withdrawer:
    """Withdraws titles one after the other: in the ledger first, then at the partner where it has an `api` for it."""

    annex: Annex
    request: RunRequest
    withdrawals: Withdrawals
    clock: Clock
    api: IngestApi | None

    def withdraw_all(self, titles: Sequence[Withdrawal]) -> dict[str, int]:
        """Counts the titles: withdrawn, told, not told. Every title is withdrawn here before the first call goes out.

        Raises the last failure once all titles were tried, so that the next try tells the partner again; raises
        AuthRefused at once.
        """
        order = self.request.withdrawal
        end_at = order.end_at if order else None
        withdrawn: list[Withdrawal] = []
        failure: DeliveryError | None = None
        for title in titles:
            act = partial(self.withdrawals.begin, title.delivery_key, self.request.run_id, self.request.reason, end_at)
            result = attempt(title.external_id, "withdrawing it", act, LEDGER_GONE)
            if isinstance(result, StepFailure):
                failure = TitleBrokeOff(f"{title.external_id}: {result.sentence}")
                continue
            if not result:
                log.info("%s is not offered any more, so this run does not withdraw it", title.external_id)
                continue
            withdrawn.append(title)
            gone = words_of(self.request.channel).withdrawn
            log.info("%s: %s", title.external_id, f"offered until {end_at}" if end_at else gone)
        counts = Counter(withdrawn=len(withdrawn))
        endpoint = endpoint_for(self.annex, self.request)
        if endpoint is not None and self.api is not None:
            revisions = self.withdrawals.revisions([title.external_id for title in withdrawn])
            for title in withdrawn:
                if revisions[title.external_id].withdrawal_told_at is None:
                    tell = partial(self._tell, title, endpoint, self.api)
                    error = attempt(title.external_id, "telling the partner", tell, LEDGER_GONE)
                    if isinstance(error, StepFailure):
                        error = TitleBrokeOff(f"{title.external_id}: {error.sentence}")
                    failure = error or failure
                    counts["not told" if error else "told"] += 1
        if failure is not None:
            raise failure
        return dict(counts)

    def _tell(self, title: Withdrawal, endpoint: WithdrawalEndpoint, api: IngestApi) -> DeliveryError | None:
        """Tells the partner to withdraw one title, with the annex's retries; the failure where that did not work."""
        request_id, started_s = str(uuid.uuid4()), 0.0

        def call() -> int:
            nonlocal started_s
            started_s = self.clock.monotonic()
            return self._tell_partner(title, endpoint, api, request_id)

        def between(error: Transient, pause_s: float) -> None:
            log.info("%s: %s; again in %.1f s", title.external_id, error, pause_s)

        try:
            status = retry(call, api_channel_of(self.annex).retry, self.clock, between=between)
        except (Transient, WithdrawalRefused) as error:
            error.seconds = self.clock.monotonic() - started_s
            self.withdrawals.mark_not_told(title.delivery_key, str(error), request_id, Call.of(error))
            log.warning("%s: the partner could not be told: %s", title.external_id, error)
            return error
        self.withdrawals.mark_told(title.delivery_key, request_id, Call(self.clock.monotonic() - started_s, status))
        log.info("%s: the partner knows", title.external_id)
        return None

    def _tell_partner(self, title: Withdrawal, endpoint: WithdrawalEndpoint, api: IngestApi, request_id: str) -> int:
        """Makes the call, and gives the partner's status code."""
        order = self.request.withdrawal
        answer = api.withdraw(title.external_id, request_id, order.end_at if order else None, endpoint)
        if isinstance(answer, Refusal):
            raise WithdrawalRefused(answer.sentence).with_answer(answer.http_status, answer.code)
        return answer.status
