"""Signed addresses of JW Player's Delivery API: a JSON Web Token (HS256) in the query, kept out of every log."""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
from base64 import urlsafe_b64encode
from datetime import datetime

import orjson

from edye_delivery.clients.secret_mask import MASK

VALID_S = 300
TOKEN_IN_ADDRESS = re.compile(r"(?:(?<=token=)|(?<=[?&]sig=))[A-Za-z0-9_.%-]+")
HEADER = {"alg": "HS256", "typ": "JWT"}


def token_of(resource: str, secret: str, now: datetime, valid_s: int = VALID_S) -> str:
    """The token for one path, such as /v2/media/abcdefgh, valid for so many seconds."""
    claims = {"resource": resource, "exp": int(now.timestamp()) + valid_s}
    signed = b".".join((_pack(orjson.dumps(HEADER)), _pack(orjson.dumps(claims))))
    signature = hmac.new(secret.encode(), signed, hashlib.sha256).digest()
    return b".".join((signed, _pack(signature))).decode()


def hide_tokens_in_logs() -> None:
    """Hides tokens and signatures in the addresses that the HTTP libraries log; to call it again changes nothing."""
    for logger in (logging.getLogger("httpx"), logging.getLogger("httpcore.http11")):
        logger.addFilter(_hide)


def _hide(record: logging.LogRecord) -> bool:
    message = record.getMessage()
    hidden = TOKEN_IN_ADDRESS.sub(MASK, message)
    if hidden != message:
        record.msg, record.args = hidden, None
    return True


def _pack(content: bytes) -> bytes:
    return urlsafe_b64encode(content).rstrip(b"=")
