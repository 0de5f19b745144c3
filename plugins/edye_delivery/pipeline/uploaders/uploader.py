"""What a way to a partner has to do: the API's and FTP's uploaders do it, the sender calls it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel
from edye_delivery.errors import Terminal
from edye_delivery.ledger.records import Delivery


class PartnerRefused(Terminal):
    """The partner refused a title in its own words; `cause` is what the annex's error table makes of them.

    `ended_ingest` where an ingest came to its end there, so that a resend is a new one.
    """

    def __init__(self, cause: Cause, sentence: str, ended_ingest: bool) -> None:
        self.cause, self.sentence, self.ended_ingest = cause, sentence, ended_ingest
        super().__init__(sentence)

    def __reduce__(self) -> tuple[type[PartnerRefused], tuple[Cause, str, bool]]:
        return type(self), (self.cause, self.sentence, self.ended_ingest)


@dataclass(frozen=True, slots=True)
class UploadReceipt:
    """The partner has a title: its name for it, the bytes that it got, its status code where it speaks HTTP."""

    tracking_id: str
    bytes_sent: int
    http_status: int | None = None


class Uploader(Protocol):
    """One way to a partner. `upload` hands one title over in one try, which the ledger knows of already.

    It raises PartnerRefused, AuthRefused, or Transient where another try may succeed.
    """

    channel: Channel
    retry_policy: RetryPolicy
    titles_at_once: int
    lease_s: float

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Hands the title over."""

    def has_advanced(self, delivery_key: str) -> bool:
        """Whether the last try found more of the title at the partner than the try before it."""
