"""What the rules EXPO look at: each a comparison of what was expected with what was answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edye_delivery.catalog.exposure import ExpectedItem, RemovedItem
from edye_delivery.catalog.exposure_seen import Address, SeenItem
from edye_delivery.catalog.vocabulary import ListName


@dataclass(frozen=True, slots=True)
class Served:
    """How a list was answered: the generation, None where there is none; `sentence` says why there is no page."""

    list: ListName
    expected: int
    generation: int | None = None
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class Presence:
    """An expected item, how often it was seen, and the digest that it was seen with."""

    expected: ExpectedItem
    times: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Shown:
    """An item that was seen at a moment; `expected` is None where the ledger does not know it for this partner."""

    item: SeenItem
    expected: ExpectedItem | RemovedItem | None
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class DeltaEntry:
    """A change that the delta has to have; `is_deleted` is None where the delta does not have it."""

    expected: ExpectedItem | RemovedItem
    is_deleted: bool | None = None


@dataclass(frozen=True, slots=True)
class Walks:
    """One list read by links and by page: what it says it has, what it had, the first item out of order.

    `differing_pages` are the numbers of the pages that had other items by number than by links.
    """

    list: ListName
    total: int | None
    walked: int
    out_of_order: str = ""
    differing_pages: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """One answer and where it breaks the contract; `item` is None for the page around the items."""

    where: str
    defect: str
    item: SeenItem | None = None


@dataclass(frozen=True, slots=True)
class Pictures:
    """An item and the thumbnails that it has to have."""

    item: SeenItem
    expected: ExpectedItem


@dataclass(frozen=True, slots=True)
class AskedAddress:
    """What the host of a picture or media file answered; `sentence` says why it gave no file."""

    address: Address
    is_https_required: bool
    sentence: str = ""
    media_type: str = ""
    size_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class DownloadedThumbnail:
    """A thumbnail as it was downloaded and measured; `sentence` says why there is no picture. `format` is Pillow's."""

    address: Address
    sentence: str = ""
    format: str = ""
    width_px: int | None = None
    height_px: int | None = None


@dataclass(frozen=True, slots=True)
class Conditional:
    """The answer to the same call again, with the ETag of the answer before."""

    call: str
    etag: str
    status: int
    size_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """A call that has to be refused, with the status that it got."""

    call: str
    expected: int
    status: int


@dataclass(frozen=True, slots=True)
class Belonging:
    """An item and its show: `show_kind` is empty where the list of shows lacks it, None where nobody looked."""

    item: SeenItem
    expected: ExpectedItem | None
    show_kind: str | None


@dataclass(frozen=True, slots=True)
class CatalogueSum:
    """What the ledger and the list say about the whole list; the sums are None where the list was not read whole."""

    list: ListName
    expected_count: int
    total: int | None
    expected_sum: int | None = None
    sum: int | None = None
