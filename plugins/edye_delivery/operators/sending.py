"""Deliver: the titles of a batch go to the partner, several at once, each remembered before and after its call."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from edye_delivery.annex.wire import Patience
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import JudgedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.clients.patience import Tempo, pause_before_retry_s
from edye_delivery.errors import AuthRefused, CircuitOpen, DeliveryError, NameRefused, Terminal, Transient
from edye_delivery.ledger.breaker import Admission, Verdict
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, MoveRefused
from edye_delivery.ledger.trail import Call

log = logging.getLogger(__name__)
TRIAL_POLL_S = 1.0
TO_SEND = frozenset({DeliveryState.PLANNED, DeliveryState.SENDING})


class PartnerRefused(Terminal):
    """The partner refused a title in its own words; `cause` is what the annex's error table makes of them.

    `ended_ingest` where an ingest came to its end there, so that a resend is a new one.
    """

    def __init__(self, cause: Cause, sentence: str, ended_ingest: bool) -> None:
        self.cause, self.sentence, self.ended_ingest = cause, sentence, ended_ingest
        super().__init__(sentence)

    def __reduce__(self) -> tuple[type[PartnerRefused], tuple[Cause, str, bool]]:
        return type(self), (self.cause, self.sentence, self.ended_ingest)


class NotSent(Terminal):
    """The title was held back, for the cause that stopped the sending."""

    def __init__(self, cause: Cause, sentence: str) -> None:
        self.cause, self.sentence = cause, sentence
        super().__init__(f"not sent: {sentence}")

    def __reduce__(self) -> tuple[type[NotSent], tuple[Cause, str]]:
        return type(self), (self.cause, self.sentence)


@dataclass(frozen=True, slots=True)
class Handover:
    """The partner has a title: its name for it, the bytes that it got, its status code where it speaks HTTP."""

    tracking_id: str
    bytes_sent: int
    http_status: int | None = None


class Carrier(Protocol):
    """One way to a partner. `carry` hands one title over in one try, which the ledger knows of already.

    It raises PartnerRefused, AuthRefused, or Transient where another try may succeed.
    """

    channel: Channel
    patience: Patience
    titles_at_once: int

    def carry(self, judged: JudgedTitle, delivery: Delivery) -> Handover:
        """Hands the title over."""

    def advanced(self, delivery_key: str) -> bool:
        """Whether the last try found more of the title at the partner than the try before it."""


@dataclass(slots=True)
class Sender:
    """Sends a batch over one channel: the way there, the memory.

    After a refused token nothing more is sent: what was not begun fails with the cause `auth`. `admit` says before
    every try whether the circuit lets a title through. `sound_alarm` is called after every failure.
    """

    partner: str
    carrier: Carrier
    ledger: Ledger
    tempo: Tempo
    run_id: str
    sound_alarm: Callable[[], None] = lambda: None
    admit: Callable[[str], Verdict] = lambda key: Verdict(Admission.SEND)
    auth_error: AuthRefused | None = field(default=None, init=False)
    held_back: NotSent | None = field(default=None, init=False)

    def send_batch(self, titles: tuple[JudgedTitle, ...]) -> dict[str, int]:
        """Sends what is open and counts titles by the state they then have.

        Raises AuthRefused or CircuitOpen after the last title.

        Titles with a blocking finding are rejected and not sent. One title's failure never stops its neighbours. A
        delivery that has a tracking id, has ended or is another channel's is left alone.
        """
        self._remember_verdicts(titles)
        with ThreadPoolExecutor(self.carrier.titles_at_once, thread_name_prefix="send") as pool:
            states = list(pool.map(self._send_title, titles))
        if self.auth_error is not None:
            raise self.auth_error
        if self.held_back is not None:
            raise CircuitOpen(f"{self.held_back.sentence}; the titles that were held back are failed, run again later")
        return {state: states.count(state) for state in sorted(set(states))}

    def _remember_verdicts(self, titles: tuple[JudgedTitle, ...]) -> None:
        """Writes the intent for every title, and what quality control refused; what the partner has stays as it is."""
        self.ledger.plan(self.partner, self.run_id, [judged.plan for judged in titles], self.carrier.channel)
        deliveries = self.ledger.deliveries(judged.plan.delivery_key for judged in titles)
        for judged in titles:
            found, delivery = blocking(judged.findings), deliveries[judged.plan.delivery_key]
            if not found or not self._is_ours(delivery):
                continue
            detail = "; ".join(finding.message for finding in found)
            lasting = next((finding for finding in found if finding.cause is not Cause.TRANSIENT), None)
            if lasting is None:
                self.ledger.fail(judged.plan.delivery_key, Cause.TRANSIENT, detail, was_tried=False)
            else:
                rules = list(dict.fromkeys(finding.code for finding in found))
                self.ledger.reject(judged.plan.delivery_key, lasting.cause, lasting.owner, detail, rules)

    def _is_ours(self, delivery: Delivery) -> bool:
        return delivery.state in TO_SEND and not delivery.is_left_to(self.carrier.channel)

    def _send_title(self, judged: JudgedTitle) -> str:
        key, name = judged.plan.delivery_key, judged.plan.external_id
        delivery = self.ledger.deliveries([key])[key]
        if not self._is_ours(delivery):
            by_channel = f" by the {delivery.channel} channel" if delivery.channel else ""
            log.info("%s is %s%s, nothing to send", name, delivery.state, by_channel)
            return delivery.state
        try:
            return self._send_until_answered(judged)
        except MoveRefused as error:
            log.warning("%s: %s", name, error)
            return self.ledger.deliveries([key])[key].state
        except PartnerRefused as error:
            log.warning("%s refused: %s", name, error)
            self.ledger.fail(key, error.cause, str(error), ended_by_partner=error.ended_ingest, call=Call.of(error))
            self.sound_alarm()
            return DeliveryState.FAILED
        except NotSent as error:
            log.warning("%s %s", name, error)
            self.ledger.fail(key, error.cause, str(error), held_back=True)
            return DeliveryState.FAILED
        except AuthRefused as error:
            self.auth_error = self.auth_error or error
            cause, failure = Cause.AUTH, error
        except Transient as error:
            cause, failure = Cause.TRANSIENT, error
        except NameRefused as error:
            cause, failure = Cause.METADATA, error
        except Terminal as error:
            cause, failure = Cause.MEDIA, error
        log.warning("%s failed (%s): %s", name, cause, failure)
        self.ledger.fail(key, cause, str(failure), call=Call.of(failure))
        self.sound_alarm()
        return DeliveryState.FAILED

    def _send_until_answered(self, judged: JudgedTitle) -> str:
        """Tries until the partner answers or patience ends; every try is in the ledger before it begins.

        A try after which more had arrived at the partner than before does not use up patience.
        """
        key, attempt = judged.plan.delivery_key, 0
        while True:
            self._pass_gate(key)
            attempt += 1
            encode_name = judged.encode.name if judged.encode else None
            delivery = self.ledger.begin_send(key, self.run_id, self.carrier.channel, encode_name)
            try:
                return self._send_once(judged, delivery)
            except Transient as error:
                attempt = 1 if self.carrier.advanced(key) else attempt
                pause_s = pause_before_retry_s(self.carrier.patience, attempt, error.retry_after_s, self.tempo.random())
                if pause_s is None:
                    raise
                self.ledger.retry(key, str(error), Call.of(error))
                log.info("%s: %s; again in %.1f s", judged.plan.external_id, error, pause_s)
                self.tempo.sleep(pause_s)

    def _pass_gate(self, key: str) -> None:
        """Returns once the title may be sent; raises NotSent where nothing more is sent."""
        while True:
            if self.auth_error is not None:
                raise NotSent(Cause.AUTH, str(self.auth_error))
            verdict = self.admit(key)
            if verdict.admission is Admission.SEND:
                return
            if verdict.cause is not None:
                self.held_back = NotSent(verdict.cause, verdict.sentence)
                raise self.held_back
            self.tempo.sleep(TRIAL_POLL_S)

    def _send_once(self, judged: JudgedTitle, delivery: Delivery) -> str:
        started = time.monotonic()
        try:
            handover = self.carrier.carry(judged, delivery)
        except DeliveryError as error:
            error.seconds = time.monotonic() - started
            raise
        seconds, tracking_id = time.monotonic() - started, handover.tracking_id
        self.ledger.received(delivery.delivery_key, tracking_id, handover.bytes_sent, seconds, handover.http_status)
        log.info(
            "%s received as %s, %s bytes, %.1f s",
            judged.plan.external_id,
            handover.tracking_id,
            handover.bytes_sent,
            seconds,
        )
        return DeliveryState.RECEIVED
