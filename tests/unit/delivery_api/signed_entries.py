"""Entries whose files are at hosts that ask for signatures, with stable addresses of ours."""

from __future__ import annotations

import orjson

from edye_delivery.annex.signed_media import SignedMedia
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.values import ItemChange
from tests.unit.delivery_api.world import entry

SECRET = "jw-5d1f~a-secret-of-signatures"
BASE = "https://delivery.example"
SIGNED = SignedMedia(base_url=BASE)
VIDEO, HLS = "https://cdn.jwplayer.com/videos/aB3-1080.mp4", "https://cdn.jwplayer.com/manifests/aB3.m3u8"


def signed_entry(item_id: str, *files: str) -> ItemChange:
    """An entry of the feed with these files."""
    sources = [{"file": SIGNED.stable_address(item_id, file), "type": "video/mp4"} for file in files]
    content = orjson.loads(entry(item_id).body or b"") | {"sources": sources}
    return ItemChange(ListName.ENTRIES, item_id, orjson.dumps(content))


def source_path(item_id: str, file: str) -> str:
    """The path of a file at the delivery API."""
    return SIGNED.stable_address(item_id, file).removeprefix(BASE)
