"""Signed addresses of JW Player's media files and manifests (non-JWT): an end and an MD5 in the query."""

from __future__ import annotations

import hashlib
from datetime import datetime
from urllib.parse import urlsplit


def signed_address(address: str, secret: str, now: datetime, valid_s: int) -> str:
    """The address with a signature that is valid for `valid_s` seconds at least, and twice as long at most.

    The end is rounded, so that caches of the host see few different addresses.
    """
    until = (int(now.timestamp()) // valid_s + 2) * valid_s
    path = urlsplit(address).path.removeprefix("/")
    signature = hashlib.md5(f"{path}:{until}:{secret}".encode(), usedforsecurity=False).hexdigest()
    return f"{address}{'&' if '?' in address else '?'}exp={until}&sig={signature}"
