"""Names made of content: canonical JSON and its SHA-256."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import urlsplit

import orjson

USUAL_URL = re.compile(r"https?://[A-Za-z0-9.-]+(?::[0-9]+)?(/[A-Za-z0-9/._~%+=,@-]*)(?:\?[!-\"$-~]*)?", re.ASCII)
"""A URL whose path can be seen without taking all of it apart, which takes ten times as long."""


def canonical_json(value: Any) -> bytes:
    """The one JSON text of a value: sorted keys, no white space, UTF-8."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of(*parts: Any) -> str:
    """The SHA-256 of the parts' canonical JSON, 64 hex digits."""
    return hashlib.sha256(canonical_json(list(parts))).hexdigest()


def path_of(url: str) -> str:
    """The URL's path, which stays the same when host or signature changes; a text that is no URL stays whole."""
    if (usual := USUAL_URL.fullmatch(url)) is not None:
        return usual[1]
    try:
        return urlsplit(url).path or url
    except ValueError:
        return url
