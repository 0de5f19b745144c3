"""What the delivery API answered, as the exposure check keeps it: values that are small and already bounded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from edye_delivery.catalog.vocabulary import ListName


@dataclass(frozen=True, slots=True)
class Address:
    """The address of a picture or media file, with what the item says about the file.

    `what` names it for people. `media_type` is empty and `size_bytes` None where the item does not say. Width and
    height are those of a thumbnail; None where the item does not say, and for every other file.
    """

    url: str
    what: str
    media_type: str = ""
    size_bytes: int | None = None
    width_px: int | None = None
    height_px: int | None = None


@dataclass(frozen=True, slots=True)
class SeenThumbnail:
    """One of an item's custom thumbnails as it is shown."""

    name: str
    width_px: int | None = None
    height_px: int | None = None
    watermark: str | None = None
    size: str | None = None


@dataclass(frozen=True, slots=True)
class SeenItem:
    """One item of a list as it was shown; a part with the wrong type counts as missing.

    `defect` says where the JSON breaks the contract; empty where it fits. `keys` are the item's keys. `thumbnails` is
    None where the item has no custom_thumbnails.
    """

    list: ListName
    id: str
    digest: str = ""
    is_deleted: bool = False
    reason: str = ""
    updated_at: datetime | None = None
    kind: str = ""
    external_id: str = ""
    show_id: str = ""
    season_number: int | None = None
    episode_number: int | None = None
    tags: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    id_sources: tuple[str, ...] = ()
    thumbnails: tuple[SeenThumbnail, ...] | None = None
    addresses: tuple[Address, ...] = ()
    keys: frozenset[str] = frozenset()
    defect: str = ""


@dataclass(frozen=True, slots=True)
class SeenPage:
    """One page of a list; `next_url` is its link to the next page, resolved and on the same path, or empty.

    `defect` says where the page around its items breaks the contract. `is_empty`: the answer was 204.
    """

    list: ListName
    url: str
    etag: str = ""
    generation: int | None = None
    as_of: datetime | None = None
    total: int | None = None
    next_url: str = ""
    checkpoint: str = ""
    items: tuple[SeenItem, ...] = ()
    defect: str = ""
    is_empty: bool = False


@dataclass(frozen=True, slots=True)
class SeenAnswer:
    """The answer to one call of which only the head counts; `size_bytes` is that of its body.

    `location`, of a redirect, may have a signature: it belongs in no log.
    """

    status: int
    size_bytes: int = 0
    etag: str = ""
    media_type: str = ""
    location: str = field(default="", repr=False)
    cache_control: str = ""
