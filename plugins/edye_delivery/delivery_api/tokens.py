"""Whose token a call has: digests of tokens, looked up without a database; the last known ones survive its absence."""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import orjson

from edye_delivery.delivery_api.private_files import write_whole
from edye_delivery.delivery_api.problems import Problem, ProblemType

TOKEN_MAX_BYTES = 512
BEARER = re.compile(rb"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9._~+/-]+=*)")
DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls."""

    partner: str
    user: str


@dataclass(frozen=True, slots=True)
class TokenDigest:
    """One token that is not revoked: whose it is, and when it ends, in seconds since 1970."""

    digest: str
    partner: str
    user: str
    expires_at_s: float | None = None


class TokenSet:
    """The tokens that are valid, as they were at one moment."""

    def __init__(self, tokens: Iterable[TokenDigest] = ()) -> None:
        self.tokens = tuple(sorted(tokens, key=lambda token: token.digest))
        self._by_digest = {token.digest: (token, Identity(token.partner, token.user)) for token in self.tokens}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TokenSet) and self.tokens == other.tokens

    def __hash__(self) -> int:
        return hash(self.tokens)

    def identity(self, authorization: list[bytes], now_s: float) -> Identity:
        """Who sent these headers Authorization; Problem (401) where there is not exactly one valid token."""
        if not authorization:
            raise _refused("send the header `Authorization: Bearer <token>`; a token in the URL is none", b"")
        found = BEARER.fullmatch(authorization[0].strip()) if len(authorization) == 1 else None
        if found is None or len(found[1]) > TOKEN_MAX_BYTES:
            raise _refused("the header Authorization has to be `Bearer <token>`, once", b', error="invalid_request"')
        digest = sha256(found[1]).hexdigest()
        token, identity = self._by_digest.get(digest, (None, None))
        is_known = token is not None and hmac.compare_digest(token.digest, digest)
        if token is None or identity is None or not is_known or _is_over(token, now_s):
            raise _refused("this token is not valid, or not any more", b', error="invalid_token"')
        return identity


def _is_over(token: TokenDigest, now_s: float) -> bool:
    return token.expires_at_s is not None and token.expires_at_s <= now_s


def _refused(detail: str, more: bytes) -> Problem:
    challenge = (b"www-authenticate", b'Bearer realm="delivery"' + more)
    return Problem(ProblemType.NO_TOKEN, detail, headers=(challenge,))


class TokenFile:
    """The last known tokens (digests) in a file for this user alone, for a start while the database is away."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.last: TokenSet | None = None
        """What the file has, as far as this process knows."""

    def read(self) -> TokenSet:
        """The tokens of the file; none where it is missing or broken, with a line in the log."""
        try:
            rows = orjson.loads(self._path.read_bytes())["tokens"]
            tokens = [TokenDigest(**row) for row in rows]
            if not all(DIGEST.fullmatch(token.digest) for token in tokens):
                raise ValueError("a digest is not one of SHA-256")
        except FileNotFoundError:
            return TokenSet()
        except (OSError, ValueError, KeyError, TypeError) as error:
            log.warning("%s cannot be read, so no token is known until the ledger answers: %s", self._path, error)
            return TokenSet()
        self.last = TokenSet(tokens)
        return self.last

    def write(self, tokens: TokenSet) -> None:
        """Replaces the file; a file system that refuses costs a line in the log only."""
        try:
            write_whole(self._path, orjson.dumps({"tokens": [asdict(token) for token in tokens.tokens]}))
        except OSError as error:
            log.warning("%s cannot be written: %s", self._path, error)
        self.last = tokens
