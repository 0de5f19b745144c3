"""Deliver: the titles of a batch go to the partner, several at once, each remembered before and after its call."""

from __future__ import annotations

import hashlib
import logging
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.places import art_name
from edye_delivery.catalog.plan import JudgedTitle
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.clients.ingest import ExtraPart, IngestApi, MediaBody, Receipt, Refusal, Upload, channel_of
from edye_delivery.clients.media import MediaHost, MediaStream
from edye_delivery.clients.patience import Tempo, pause_before_retry_s
from edye_delivery.errors import AuthRefused, MediaChanged, MediaMismatch, MediaUnavailable, Terminal, Transient
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery, MoveRefused

log = logging.getLogger(__name__)
TO_SEND = frozenset({DeliveryState.PLANNED, DeliveryState.SENDING})


@dataclass(slots=True)
class Sender:
    """Sends a batch: the partner, the media, the memory; `read_artifact` gives a thumbnail's bytes by its name.

    After a refused token nothing more is sent: what was not begun fails with the cause `auth`.
    """

    annex: Annex
    api: IngestApi
    media_host: MediaHost
    ledger: Ledger
    tempo: Tempo
    read_artifact: Callable[[str], bytes]
    run_id: str
    auth_error: AuthRefused | None = field(default=None, init=False)

    def send_batch(self, titles: tuple[JudgedTitle, ...]) -> dict[str, int]:
        """Sends what is open and counts titles by the state they then have; raises AuthRefused after the last title.

        Titles with a blocking finding are rejected and not sent. One title's failure never stops its neighbours. A
        delivery that has a tracking id or has ended is left alone.
        """
        self._remember_verdicts(titles)
        with ThreadPoolExecutor(channel_of(self.annex).titles_at_once, thread_name_prefix="send") as pool:
            states = list(pool.map(self._send_title, titles))
        if self.auth_error is not None:
            raise self.auth_error
        return {state: states.count(state) for state in sorted(set(states))}

    def _remember_verdicts(self, titles: tuple[JudgedTitle, ...]) -> None:
        """Writes the intent for every title, and what quality control refused; what the partner has stays as it is."""
        self.ledger.plan(self.annex.partner, self.run_id, [judged.plan for judged in titles])
        deliveries = self.ledger.deliveries(judged.plan.delivery_key for judged in titles)
        for judged in titles:
            found = blocking(judged.findings)
            if not found or deliveries[judged.plan.delivery_key].state not in TO_SEND:
                continue
            detail = "; ".join(finding.message for finding in found)
            lasting = next((finding for finding in found if finding.cause is not Cause.TRANSIENT), None)
            if lasting is None:
                self.ledger.fail(judged.plan.delivery_key, Cause.TRANSIENT, detail)
            else:
                rules = list(dict.fromkeys(finding.code for finding in found))
                self.ledger.reject(judged.plan.delivery_key, lasting.cause, lasting.owner, detail, rules)

    def _send_title(self, judged: JudgedTitle) -> str:
        key, name = judged.plan.delivery_key, judged.plan.external_id
        delivery = self.ledger.deliveries([key])[key]
        if delivery.state not in TO_SEND:
            log.info("%s is %s, nothing to send", name, delivery.state)
            return delivery.state
        try:
            return self._send_until_answered(judged)
        except MoveRefused as error:
            log.warning("%s: %s", name, error)
            return self.ledger.deliveries([key])[key].state
        except AuthRefused as error:
            self.auth_error = self.auth_error or error
            cause, detail = Cause.AUTH, str(error)
        except Transient as error:
            cause, detail = Cause.TRANSIENT, str(error)
        except Terminal as error:
            cause, detail = Cause.MEDIA, str(error)
        log.warning("%s failed (%s): %s", name, cause, detail)
        self.ledger.fail(key, cause, detail)
        return DeliveryState.FAILED

    def _send_until_answered(self, judged: JudgedTitle) -> str:
        """Tries until the partner answers or patience ends; every try is in the ledger before it begins."""
        patience = channel_of(self.annex).patience
        attempt = 0
        while True:
            if self.auth_error is not None:
                raise AuthRefused(f"not sent: {self.auth_error}")
            attempt += 1
            delivery = self.ledger.begin_send(judged.plan.delivery_key, self.run_id)
            try:
                return self._send_once(judged, delivery)
            except Transient as error:
                pause_s = pause_before_retry_s(patience, attempt, error.retry_after_s, self.tempo.random())
                if pause_s is None:
                    raise
                log.info("%s: %s; again in %.1f s", judged.plan.external_id, error, pause_s)
                self.tempo.sleep(pause_s)

    def _send_once(self, judged: JudgedTitle, delivery: Delivery) -> str:
        plan = judged.plan
        if plan.media is None:  # VID001 rejects such a title before it comes here, unless it is waived
            raise MediaUnavailable(f"{plan.external_id} has no media file to send")
        started = time.monotonic()
        with self.media_host.stream(plan.media.file) as stream:
            upload = Upload(
                key=delivery.idempotency_key,
                request_id=str(uuid.uuid4()),
                file_name=plan.file_name,
                metadata=plan.metadata,
                media=MediaBody(stream.size_bytes, self._verified(judged, stream)),
                extras=self._extras(judged),
            )
            answer = self.api.send(upload)
        if isinstance(answer, Refusal):
            adopted = self._adopted(delivery, answer)
            if adopted is None:
                return self._refused(judged, answer)
            answer = adopted
        seconds = time.monotonic() - started
        self.ledger.received(plan.delivery_key, answer.tracking_id, stream.size_bytes, seconds)
        log.info(
            "%s received as %s, %s bytes, %.1f s", plan.external_id, answer.tracking_id, stream.size_bytes, seconds
        )
        return DeliveryState.RECEIVED

    def _refused(self, judged: JudgedTitle, refusal: Refusal) -> str:
        if refusal.cause is Cause.TRANSIENT:
            raise Transient(refusal.sentence)
        log.warning("%s refused: %s", judged.plan.external_id, refusal.sentence)
        self.ledger.fail(judged.plan.delivery_key, refusal.cause, refusal.sentence, ended_by_partner=True)
        return DeliveryState.FAILED

    def _adopted(self, delivery: Delivery, refusal: Refusal) -> Receipt | None:
        """The ingest that an earlier try began without our hearing of it: a partner without Idempotency-Key says 409.

        It is ours if a try of this delivery stayed unanswered and no other delivery of the title has that tracking id,
        or could have it because a try of it stayed unanswered too.
        """
        if refusal.http_status != 409 or refusal.tracking_id is None or delivery.unanswered < 2:
            return None
        memory = self.ledger.memories(delivery.partner, [delivery.external_id])[delivery.external_id]
        others = [other for key, other in memory.deliveries.items() if key != delivery.delivery_key]
        if any(other.tracking_id == refusal.tracking_id or other.unanswered for other in others):
            return None
        return Receipt(refusal.tracking_id)

    def _verified(self, judged: JudgedTitle, stream: MediaStream) -> Iterator[bytes]:
        """The media's blocks; the upload breaks off before its end where they are not what was judged."""
        source, video = judged.plan.media, judged.video
        if video is not None and (stream.size_bytes != video.size_bytes or (video.etag and stream.etag != video.etag)):
            raise MediaChanged(f"the media of {judged.plan.external_id} changed between its check and its upload")
        expected = source.sha256.lower() if source is not None and source.sha256 else None
        if expected is None:
            yield from stream.blocks()
            return
        digest = hashlib.sha256()
        held = b""
        for block in stream.blocks():
            digest.update(block)
            if held:
                yield held
            held = block
        if digest.hexdigest() != expected:
            raise MediaMismatch(
                f"the media of {judged.plan.external_id} has SHA-256 {digest.hexdigest()}, the catalogue says "
                f"{expected}: upload it to the media host again, or correct the catalogue"
            )
        yield held

    def _extras(self, judged: JudgedTitle) -> tuple[ExtraPart, ...]:
        thumbnails = {thumbnail.name: thumbnail for thumbnail in judged.thumbnails}
        specs = {spec.name: spec for spec in self.annex.thumbnails}
        return tuple(
            ExtraPart(
                name=rendition.part,
                file_name=f"{judged.plan.external_id}_{rendition.thumbnail}.{specs[rendition.thumbnail].format.lower()}",
                content_type=f"image/{specs[rendition.thumbnail].format.lower()}",
                content=self.read_artifact(art_name(thumbnails[rendition.thumbnail].art_name)),
            )
            for rendition in channel_of(self.annex).renditions
        )
