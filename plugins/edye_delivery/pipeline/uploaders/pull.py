"""The uploader for partners that pull: puts thumbnails where they can be read, and writes what readers will see.

Nothing is sent. The delivery is `received` once its exposure is in the ledger; the next generation shows it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from edye_delivery.annex.api import LEASE_S, RetryPolicy
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.plan import CheckedTitle, Thumbnail
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.records import Delivery
from edye_delivery.pipeline.stores import FileReader
from edye_delivery.pipeline.uploaders.uploader import UploadReceipt

TITLES_AT_ONCE = 4
KEY_CHARS = 16
NEVER_CHANGES = "public, max-age=31536000, immutable"
TYPES = {"jpg": "image/jpeg", "png": "image/png"}
RETRY_POLICY = RetryPolicy()


class PublicStore(Protocol):
    """Where readers find pictures; `clients.feed_store.S3FeedStore` is one."""

    def sha256_of(self, name: str) -> str | None:
        """The digest with which the file was written; None where there is none."""

    def put(self, name: str, content: bytes, sha256: str, cache_control: str, content_type: str) -> None:
        """Writes a file whole or not at all."""

    def url(self, name: str) -> str:
        """The file's public address."""


@dataclass(slots=True)
class PullUploader:
    """Exposes titles one by one. `store` has the thumbnails, `public_store` is where readers find them."""

    pull: PullChannel
    exposures: Exposures
    store: FileReader
    public_store: PublicStore
    watermarks: dict[str, str | None] = field(default_factory=dict)
    channel: Channel = Channel.PULL
    retry_policy: RetryPolicy = RETRY_POLICY
    titles_at_once: int = TITLES_AT_ONCE
    lease_s: float = LEASE_S

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Publishes the title's thumbnails and writes its exposure; the receipt names the exposure."""
        shown = {one.name for one in self.pull.thumbnails}
        published = [self._publish(one) for one in checked.thumbnails if one.name in shown]
        self.exposures.put(checked.plan, [thumbnail for thumbnail, _ in published])
        return UploadReceipt(f"exposure-{delivery.delivery_key[:KEY_CHARS]}", sum(size for _, size in published))

    def has_advanced(self, delivery_key: str) -> bool:
        """A try either writes all or nothing."""
        return False

    def _publish(self, thumbnail: Thumbnail) -> tuple[ExposedThumbnail, int]:
        """The thumbnail at its public address, and the bytes that were written; one that is there already stays."""
        sha256, _, ending = thumbnail.art_name.partition(".")  # named by content
        name, media_type, written = f"{sha256[:2]}/{thumbnail.art_name}", TYPES[ending], 0
        if self.public_store.sha256_of(name) != sha256:
            content = self.store.get(art_name(thumbnail.art_name))
            self.public_store.put(name, content, sha256, NEVER_CHANGES, media_type)
            written = len(content)
        exposed = ExposedThumbnail(
            name=thumbnail.name,
            url=self.public_store.url(name),
            width=thumbnail.width_px,
            height=thumbnail.height_px,
            type=media_type,
            sha256=sha256,
            watermark=self.watermarks.get(thumbnail.name),
        )
        return exposed, written
