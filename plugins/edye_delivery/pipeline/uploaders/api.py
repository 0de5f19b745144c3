"""Upload through a partner's ingest API: one multipart call for each title."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import image_file_name_of
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel
from edye_delivery.clients.ingest import ExtraPart, IngestApi, MediaBody, Receipt, Refusal, Upload
from edye_delivery.errors import Transient
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.records import Delivery
from edye_delivery.pipeline.heartbeat import Heartbeat
from edye_delivery.pipeline.media_check import MediaCheck, OpenMedia
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.stores import FileReader
from edye_delivery.pipeline.uploaders.uploader import PartnerRefused, UploadReceipt


@dataclass(slots=True)
class ApiUploader:
    """Sends titles to the ingest API; the thumbnails are files of `store`."""

    annex: Annex
    api: IngestApi
    media: MediaSource
    ledger: Ledger
    store: FileReader

    channel = Channel.API

    @property
    def retry_policy(self) -> RetryPolicy:
        """How often one title is tried."""
        return api_channel_of(self.annex).retry

    @property
    def titles_at_once(self) -> int:
        """How many titles are sent at once."""
        return api_channel_of(self.annex).titles_at_once

    @property
    def lease_s(self) -> float:
        """How long a lease lasts without a renewal."""
        return api_channel_of(self.annex).lease_s

    def has_advanced(self, delivery_key: str) -> bool:
        """Never: a call that breaks off begins again from the first byte."""
        return False

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Sends one call; adopts an ingest that an earlier call began without an answer."""
        plan = checked.plan
        heartbeat = Heartbeat(self.ledger, delivery.delivery_key, delivery.lease_holder or "", self.lease_s)
        with self.media.open(checked) as stream:
            upload = Upload(
                key=delivery.idempotency_key,
                request_id=str(delivery.request_id),
                file_name=plan.file_name,
                metadata=plan.metadata,
                media=MediaBody(stream.size_bytes, _verify(checked, stream, heartbeat, delivery.unanswered > 1)),
                extras=self._extras(checked),
            )
            answer = self.api.send(upload)
        if isinstance(answer, Refusal):
            adopted = self._adopt(delivery, answer)
            if adopted is None:
                raise _error_of(answer, ended_ingest=delivery.unanswered < 2)
            answer = adopted
        return UploadReceipt(answer.tracking_id, stream.size_bytes, answer.http_status)

    def _adopt(self, delivery: Delivery, refusal: Refusal) -> Receipt | None:
        """The ingest that an earlier try began without an answer: a partner without Idempotency-Key says 409.

        The ingest is this delivery's if one of its tries got no answer, and no other delivery of the title has that
        tracking id, or could have it because it also has a try without an answer.
        """
        if refusal.http_status != 409 or refusal.tracking_id is None or delivery.unanswered < 2:
            return None
        memory = self.ledger.memories(delivery.partner, [delivery.external_id])[delivery.external_id]
        others = [other for key, other in memory.deliveries.items() if key != delivery.delivery_key]
        if any(other.tracking_id == refusal.tracking_id or other.unanswered for other in others):
            return None
        return Receipt(refusal.tracking_id, refusal.http_status)

    def _extras(self, checked: CheckedTitle) -> tuple[ExtraPart, ...]:
        thumbnails = {thumbnail.name: thumbnail for thumbnail in checked.thumbnails}
        specs = {spec.name: spec for spec in self.annex.thumbnails}
        return tuple(
            ExtraPart(
                name=rendition.part,
                file_name=image_file_name_of(
                    self.annex, rendition.file_name, checked.plan.external_id, rendition.thumbnail
                ),
                content_type=f"image/{specs[rendition.thumbnail].format.lower()}",
                content=self.store.get(art_name(thumbnails[rendition.thumbnail].art_name)),
            )
            for rendition in api_channel_of(self.annex).renditions
        )


def _error_of(refusal: Refusal, *, ended_ingest: bool) -> PartnerRefused | Transient:
    """The error for a refusal; it does not end an ingest that an earlier try without an answer may have begun."""
    if refusal.cause is Cause.TRANSIENT:
        return Transient(refusal.sentence).with_answer(refusal.http_status, refusal.code)
    refused = PartnerRefused(refusal.cause, refusal.sentence, ended_ingest)
    return refused.with_answer(refusal.http_status, refusal.code)


def _verify(checked: CheckedTitle, stream: OpenMedia, heartbeat: Heartbeat, is_resend: bool) -> Iterator[bytes]:
    """The media's blocks; the upload breaks off before the last block where the file is not the one that was checked.

    It also breaks off where the lease is lost: without the last block the partner has nothing. A resend renews the
    lease before the last block, because the try before it may have got its receipt after all.
    """
    check = MediaCheck(checked)
    check.refuse_other_file(stream)
    last = b""
    for block in check.hash_blocks(heartbeat.over(stream.blocks()), 0):
        if last:
            yield last
        last = block
    check.finish()
    if is_resend:
        heartbeat.renew()
    else:
        heartbeat.beat()
    yield last
