"""What an uploader has to do: there is one for the API and one for FTP, and the sender calls them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Cause, Channel
from edye_delivery.errors import Terminal
from edye_delivery.ledger.records import Delivery


class PartnerRefused(Terminal):
    """The partner refused a title; the message has its own words, `cause` is from the annex's error table.

    `ended_ingest` where the partner ended an ingest, so that a resend begins a new one.
    """

    def __init__(self, cause: Cause, sentence: str, ended_ingest: bool) -> None:
        self.cause, self.sentence, self.ended_ingest = cause, sentence, ended_ingest
        super().__init__(sentence)

    def __reduce__(self) -> tuple[type[PartnerRefused], tuple[Cause, str, bool]]:
        return type(self), (self.cause, self.sentence, self.ended_ingest)


@dataclass(frozen=True, slots=True)
class UploadReceipt:
    """The partner has a title: its tracking id, the bytes that it got, its status code where it uses HTTP."""

    tracking_id: str
    bytes_sent: int
    http_status: int | None = None


class Uploader(Protocol):
    """One channel to a partner. `upload` sends one title in one try, which is in the ledger already.

    It raises PartnerRefused, AuthRefused, or Transient where another try may succeed.
    """

    channel: Channel
    retry_policy: RetryPolicy
    titles_at_once: int
    lease_s: float

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Sends the title."""

    def has_advanced(self, delivery_key: str) -> bool:
        """Whether the last try found more of the title at the partner than the try before it."""
