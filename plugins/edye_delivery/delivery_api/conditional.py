"""ETags, conditions and codings of an answer (RFC 9110)."""

from __future__ import annotations

import re
from hashlib import sha256

GZIP_MARK = b"-gzip"
ENTITY_TAG = re.compile(rb'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
QUALITY = re.compile(rb";\s*q\s*=\s*([0-9.]+)")


def entity_tag(*parts: object) -> bytes:
    """The opaque part of a strong ETag: the same for the same parts, else another."""
    told = "\0".join(str(part) for part in parts)
    return sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:32].encode()


def quoted(tag: bytes, *, is_gzip: bool) -> bytes:
    """The value of the header ETag; each coding is another representation, so it has another tag."""
    return b'"' + tag + (GZIP_MARK if is_gzip else b"") + b'"'


def is_unchanged(none_match: bytes | None, tag: bytes) -> bool:
    """Whether If-None-Match names what would be sent; anything that is no list of tags names nothing."""
    if none_match is None:
        return False
    if none_match.strip() == b"*":
        return True
    return any(found.removesuffix(GZIP_MARK) == tag for found in ENTITY_TAG.findall(none_match))


def accepts_gzip(accept_encoding: bytes | None) -> bool:
    """Whether Accept-Encoding allows gzip: by name, or by `*`, with a quality above zero."""
    if not accept_encoding:
        return False
    any_coding = False
    for part in accept_encoding.lower().split(b","):
        coding = part.partition(b";")[0].strip()
        if coding in (b"gzip", b"x-gzip"):
            return _quality(part) > 0
        if coding == b"*":
            any_coding = _quality(part) > 0
    return any_coding


def _quality(part: bytes) -> float:
    found = QUALITY.search(part)
    try:
        return float(found[1]) if found else 1.0
    except ValueError:
        return 0.0
