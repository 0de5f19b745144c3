"""Checks the token of a signed address: a JSON Web Token, HS256, for one path and some time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json


def is_signed(token: str, path: str, secret: str, now: float) -> bool:
    """Whether the token is signed with the secret, for this path, and not too old."""
    signed, _, signature = token.rpartition(".")
    expected = hmac.new(secret.encode(), signed.encode(), hashlib.sha256).digest()
    try:
        head, claims = (json.loads(_unpack(part)) for part in signed.split("."))
        is_ours = hmac.compare_digest(_unpack(signature), expected)
    except (ValueError, binascii.Error):
        return False
    if not isinstance(head, dict) or not isinstance(claims, dict) or head.get("alg") != "HS256":
        return False
    until = claims.get("exp")
    return is_ours and claims.get("resource") == path and isinstance(until, int | float) and until > now


def _unpack(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
