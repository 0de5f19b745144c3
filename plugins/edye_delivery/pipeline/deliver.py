"""Deliver: sends the titles of a batch to the partner, several at once; the ledger knows each call before it goes."""

from __future__ import annotations

import logging
import math
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from edye_delivery.catalog.channel_words import ChannelWords, words_of
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.retry import retry
from edye_delivery.errors import (
    AuthRefused,
    CircuitOpen,
    DeliveryError,
    HostNotAllowed,
    MediaRefused,
    NameRefused,
    Terminal,
    TooSlow,
    Transient,
)
from edye_delivery.ledger.circuit_breaker import Decision, Permission
from edye_delivery.ledger.database import LEDGER_GONE
from edye_delivery.ledger.leases import Holder, NotToBeSent
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, TransitionRefused
from edye_delivery.ledger.trail import Call
from edye_delivery.pipeline.alerts import Alerter
from edye_delivery.pipeline.heartbeat import RENEWALS_A_LEASE
from edye_delivery.pipeline.turns import Outcome, Turns, is_persons
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused, Uploader

log = logging.getLogger(__name__)
TRIAL_POLL_S = 1.0
INGEST_WAIT_S = 30.0
CAUSES: tuple[tuple[type[DeliveryError], Cause], ...] = (
    (AuthRefused, Cause.AUTH),
    (HostNotAllowed, Cause.AUTH),
    (Transient, Cause.TRANSIENT),
    (NameRefused, Cause.METADATA),
    (DeliveryError, Cause.MEDIA),
)
TO_SEND = frozenset({DeliveryState.PLANNED, DeliveryState.SENDING})


class NotSent(Terminal):
    """The title was not sent, or not exposed, because an error before it stopped the run's work."""

    def __init__(self, cause: Cause, sentence: str, channel: Channel = Channel.API) -> None:
        self.cause, self.sentence, self.channel = cause, sentence, channel
        super().__init__(f"not {words_of(channel).participle}: {sentence}")

    def __reduce__(self) -> tuple[type[NotSent], tuple[Cause, str, Channel]]:
        return type(self), (self.cause, self.sentence, self.channel)


class Circuit(Protocol):
    """Says before each try whether a title may be sent, such as a partner's circuit breaker."""

    def allow(self, key: str) -> Decision:
        """Whether the delivery may be sent now."""


class ClosedCircuit:
    """A circuit that no error opens."""

    def allow(self, key: str) -> Decision:
        """Every title may be sent."""
        return Decision(Permission.SEND)


@dataclass(slots=True)
class Sender:
    """Sends a batch over one channel.

    Every title is sent under a lease that `holder` has. A title that somebody else is sending is left alone until that
    lease ends. A title that a person asked for waits up to `ingest_wait_s` for a running delivery to end. After the
    partner refused the token, the rest fails with the cause `auth`. Nothing is sent that `circuit` does not allow, and
    nothing after `ends_at_s` on the monotonic clock. `alerter` sends the alerts that a failure raised.
    """

    partner: str
    uploader: Uploader
    ledger: Ledger
    clock: Clock
    run_id: str
    alerter: Alerter | None = None
    circuit: Circuit = field(default_factory=ClosedCircuit)
    holder: Holder = field(default_factory=lambda: Holder(uuid.uuid4().hex))
    ingest_wait_s: float = INGEST_WAIT_S
    ends_at_s: float = math.inf
    auth_error: AuthRefused | None = field(default=None, init=False)
    held_back: NotSent | None = field(default=None, init=False)

    def send_batch(self, titles: tuple[CheckedTitle, ...]) -> dict[str, int]:
        """Sends the open titles, counts all titles by state; raises AuthRefused or CircuitOpen after the last title.

        A title with a blocking finding is rejected and not sent. A title that fails never stops the others. A delivery
        is left alone if it has a tracking id, has ended, or is another channel's. Where somebody else is sending the
        title, this run waits a while (`Turns`), and then leaves it to the next run.
        """
        self._plan([checked.plan for checked in titles])
        numbered = dict(enumerate(titles))
        with ThreadPoolExecutor(self.uploader.titles_at_once, thread_name_prefix="send") as pool:
            outcomes = self._send_all(pool, numbered)
            if self.auth_error is None and self.held_back is None:
                turns = Turns(self.uploader.lease_s, self.ingest_wait_s, self.clock.sleep)
                outcomes = turns.wait(numbered, outcomes, partial(self._send_all, pool))
        states = [self._state_left(checked, outcomes[number]) for number, checked in numbered.items()]
        if self.auth_error is not None:
            raise self.auth_error
        if self.held_back is not None:
            raise CircuitOpen(f"{self.held_back.sentence}; the titles that were held back are failed, run again later")
        return {state: states.count(state) for state in sorted(set(states))}

    def _plan(self, plans: Sequence[PlannedTitle]) -> None:
        """Plans every title in the ledger; a title that the ledger cannot take does not stop the others."""
        try:
            self.ledger.plan(self.partner, self.run_id, plans, self.uploader.channel)
        except LEDGER_GONE:
            raise
        except Exception:  # text of a title that the database does not take
            if len(plans) == 1:
                log.exception("%s cannot be written to the ledger, so it is left out", plans[0].external_id)
                return
            for plan in plans:
                self._plan([plan])

    def _send_all(self, pool: ThreadPoolExecutor, titles: Mapping[int, CheckedTitle]) -> dict[int, Outcome]:
        """Works on every title once; first on those that are only rejected, so that they do not wait for uploads."""
        order = sorted(titles, key=lambda number: not blocking(titles[number].findings))
        return dict(zip(order, pool.map(lambda number: self._send_title(titles[number]), order), strict=True))

    def _state_left(self, checked: CheckedTitle, outcome: Outcome) -> str:
        """The title's state. Where somebody else has the title, the log and the ledger say who."""
        if isinstance(outcome, str):
            return outcome
        key = checked.plan.delivery_key
        log.warning("%s is left alone: %s", checked.plan.external_id, outcome)
        is_over = isinstance(outcome, NotToBeSent)
        later = "this run left it alone, the next run looks at it again"
        if is_over:
            later = f"it is not {self._words.participle}"
        self.ledger.leave(key, f"{outcome}; {later}", for_good=is_over)
        return self.ledger.deliveries([key])[key].state

    def _delivery_of(self, checked: CheckedTitle) -> Delivery | None:
        """The delivery; planned again where another run rejected a good title, or failed one that a person wants."""
        plan, is_good = checked.plan, not blocking(checked.findings)
        delivery = self.ledger.deliveries([plan.delivery_key]).get(plan.delivery_key)
        state = delivery.state if delivery is not None else None
        if is_good and (state is DeliveryState.REJECTED or (state is DeliveryState.FAILED and is_persons(plan))):
            self._plan([plan])
            return self.ledger.deliveries([plan.delivery_key])[plan.delivery_key]
        return delivery

    @property
    def _words(self) -> ChannelWords:
        return words_of(self.uploader.channel)

    def _is_ours(self, delivery: Delivery) -> bool:
        return delivery.state in TO_SEND and not delivery.is_left_to(self.uploader.channel)

    def _send_title(self, checked: CheckedTitle) -> Outcome:
        """Sends one title; an error in it affects that title alone."""
        name = checked.plan.external_id
        try:
            outcome = attempt(
                name,
                f"{self._words.progressive} it", partial(self._send_where_ours, checked),
                (TransitionRefused, *LEDGER_GONE),
            )  # fmt: skip
            return self._fail(checked, Cause.UNKNOWN, outcome.sentence) if isinstance(outcome, StepFailure) else outcome
        except TransitionRefused as error:
            log.info("%s: %s", name, error)
            return error

    def _send_where_ours(self, checked: CheckedTitle) -> str:
        delivery = self._delivery_of(checked)
        if delivery is None:
            return DeliveryState.FAILED  # the ledger did not take it; the log says why
        if not self._is_ours(delivery):
            by_channel = f" by the {delivery.channel} channel" if delivery.channel else ""
            log.info("%s is %s%s, nothing to do", checked.plan.external_id, delivery.state, by_channel)
            return delivery.state
        return self._refuse(checked) if blocking(checked.findings) else self._send_or_fail(checked)

    def _refuse(self, checked: CheckedTitle) -> str:
        """Rejects a title in the ledger; fails it where its findings are transient only."""
        findings = blocking(checked.findings)
        key, detail = checked.plan.delivery_key, "; ".join(finding.message for finding in findings)
        lasting = next((finding for finding in findings if finding.cause is not Cause.TRANSIENT), None)
        if lasting is None:
            self.ledger.fail(key, Cause.TRANSIENT, detail, was_tried=False, holder=self.holder.name)
            return DeliveryState.FAILED
        rules = list(dict.fromkeys(finding.code for finding in findings))
        self.ledger.reject(key, lasting.cause, lasting.owner, detail, rules, self.holder.name)
        return DeliveryState.REJECTED

    def _send_or_fail(self, checked: CheckedTitle) -> str:
        try:
            return self._send_until_answered(checked)
        except TransitionRefused:
            raise
        except PartnerRefused as error:
            return self._fail(checked, error.cause, error, ended_by_partner=error.ended_ingest)
        except NotSent as error:
            return self._fail(checked, error.cause, error, held_back=True)
        except DeliveryError as error:
            if isinstance(error, AuthRefused):
                self.auth_error = self.auth_error or error
            cause = next(cause for kind, cause in CAUSES if isinstance(error, kind))
            return self._fail(checked, cause, error, was_tried=not isinstance(error, MediaRefused))

    def _fail(self, checked: CheckedTitle, cause: Cause, failure: DeliveryError | str, **more: Any) -> str:
        log.warning("%s failed (%s): %s", checked.plan.external_id, cause, failure)
        call = Call.of(failure) if isinstance(failure, DeliveryError) else None
        key = checked.plan.delivery_key
        self.ledger.fail(key, cause, str(failure), call=call, holder=self.holder.name, **more)
        if self.alerter is not None:
            self.alerter.send()
        return DeliveryState.FAILED

    def _send_until_answered(self, checked: CheckedTitle) -> str:
        """Tries until the partner answers or the attempts run out; every attempt is in the ledger before it begins.

        An attempt that brought more of the file to the partner, and was not too slow, does not count.
        """
        key, name = checked.plan.delivery_key, checked.plan.external_id

        def between(error: Transient, pause_s: float) -> None:
            self.ledger.retry(key, str(error), Call.of(error), self.holder.name, self.uploader.lease_s)
            log.info("%s: %s; again in %.1f s", name, error, pause_s)

        def has_progressed(error: Transient) -> bool:
            return self.uploader.has_advanced(key) and not isinstance(error, TooSlow)

        return retry(
            lambda: self._try_to_send(checked), self.uploader.retry_policy, self.clock,
            between=between, has_progressed=has_progressed, sleep=partial(self._pause, key),
        )  # fmt: skip

    def _try_to_send(self, checked: CheckedTitle) -> str:
        """One attempt, under a lease of its own."""
        key = checked.plan.delivery_key
        self._wait_for_permission(key)
        encode_name = checked.encode.name if checked.encode else None
        delivery = self.ledger.begin_send(
            key, self.run_id, self.uploader.channel, encode_name, self.holder, self.uploader.lease_s,
            checked.plan.undone_withdrawal_at,
        )  # fmt: skip
        return self._send_once(checked, delivery)

    def _pause(self, key: str, pause_s: float) -> None:
        """Sleeps, and renews the lease on the title meanwhile."""
        slice_s = self.uploader.lease_s / RENEWALS_A_LEASE
        while pause_s > slice_s:
            self.clock.sleep(slice_s)
            self.ledger.renew(key, self.holder.name, self.uploader.lease_s)
            pause_s -= slice_s
        self.clock.sleep(pause_s)

    def _wait_for_permission(self, key: str) -> None:
        """Waits until the title may be sent; NotSent where nothing more is sent."""
        while True:
            if self.auth_error is not None:
                raise NotSent(Cause.AUTH, str(self.auth_error), self.uploader.channel)
            if self.clock.monotonic() >= self.ends_at_s:
                sentence = f"the time of its batch was over; running the window again {self._words.present} it"
                raise NotSent(Cause.TRANSIENT, sentence, self.uploader.channel)
            decision = self.circuit.allow(key)
            if decision.permission is Permission.SEND:
                return
            if decision.cause is not None:
                self.held_back = NotSent(decision.cause, decision.sentence, self.uploader.channel)
                raise self.held_back
            self.clock.sleep(TRIAL_POLL_S)

    def _send_once(self, checked: CheckedTitle, delivery: Delivery) -> str:
        started = self.clock.monotonic()
        try:
            receipt = self.uploader.upload(checked, delivery)
        except DeliveryError as error:
            error.seconds = self.clock.monotonic() - started
            raise
        seconds, tracking_id = self.clock.monotonic() - started, receipt.tracking_id
        self.ledger.mark_received(delivery.delivery_key, tracking_id, receipt.bytes_sent, seconds, receipt.http_status)
        name = checked.plan.external_id
        log.info("%s received as %s, %s bytes, %.1f s", name, tracking_id, receipt.bytes_sent, seconds)
        return DeliveryState.RECEIVED
