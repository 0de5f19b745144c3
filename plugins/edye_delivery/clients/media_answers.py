"""Reads an answer of the media host: its status, the file's size and identity, and whether its bytes are plain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import httpx

from edye_delivery.clients.http import is_transient_status
from edye_delivery.clients.numbers import parse_int
from edye_delivery.clients.retry import parse_retry_after
from edye_delivery.errors import (
    AddressRefused,
    AnswerMalformed,
    MediaChanged,
    MediaRefused,
    MediaUnavailable,
    Transient,
)

EMPTY_FILE = "bytes */0"  # what a host says to a range of a file without bytes (RFC 9110, 14.4)
PACKED_BEGINS = {
    "gzip": b"\x1f\x8b",
    "x-gzip": b"\x1f\x8b",
    "zstd": b"\x28\xb5\x2f\xfd",
    "deflate": b"\x78",
    "br": b"",
    "compress": b"",
}
"""By compression, the first bytes of what it gives (RFC 9110, 8.4.1); some hosts name one and send a plain file."""
PACKED_BEGIN_BYTES = 4


def display_url(response: httpx.Response) -> str:
    """The address that answered, for people: without its query, which may hold a signature."""
    return str(response.request.url.copy_with(query=None))


def raise_for_media_status(response: httpx.Response, now: datetime) -> None:
    """Returns where there is a file to read; else MediaChanged, AddressRefused, MediaUnavailable or plain Transient."""
    status, shown = response.status_code, display_url(response)
    if status in (200, 206) or (status == 416 and response.headers.get("content-range") == EMPTY_FILE):
        return
    if status == 412:
        raise MediaChanged(f"{shown} changed while it was read")
    if status in (401, 403):
        raise AddressRefused(
            f"the media host answered {status} for {shown}: it refuses the address, because its signature has expired "
            "or lacks a permission, or because there is no such file"
        )
    if is_transient_status(status):
        wish = parse_retry_after(response.headers.get("retry-after"), now)
        raise Transient(f"the media host answered {status} for {shown}", wish)
    raise MediaUnavailable(f"the media host answered {status} for {shown}")


def begins_at(response: httpx.Response, offset: int) -> bool:
    """Whether the answer is a part of the file that begins at this byte."""
    content_range: str = response.headers.get("content-range", "")
    return response.status_code == 206 and content_range.startswith(f"bytes {offset}-")


def plain_blocks(response: httpx.Response) -> Iterator[bytes]:
    """The body's blocks as they arrive; MediaRefused where they are compressed, although we asked for plain bytes."""
    blocks, first = response.iter_raw(), b""
    for block in blocks:
        first += block
        if len(first) >= PACKED_BEGIN_BYTES:
            break
    packing = response.headers.get("content-encoding", "").strip().lower()
    if first and packing in PACKED_BEGINS and first.startswith(PACKED_BEGINS[packing]):
        raise MediaRefused(
            f"the media host sends {display_url(response)} compressed as {packing}, although we asked for plain bytes: "
            "its compression has to be switched off for videos and pictures"
        )
    if first:
        yield first
    yield from blocks


def size_of(response: httpx.Response) -> int:
    """The whole file's size in bytes, from Content-Range or Content-Length; AnswerMalformed where neither has it."""
    content_range = response.headers.get("content-range", "")
    total = (
        content_range.rpartition("/")[2]
        if response.status_code in (206, 416)
        else response.headers.get("content-length")
    )
    shown = display_url(response)
    if not total:
        raise AnswerMalformed(f"the media host does not give the size of {shown}")
    return parse_int(total, f"the size of {shown}")


def strong_etag(response: httpx.Response) -> str:
    """The answer's ETag if it is a strong one, else empty."""
    etag: str = response.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag
