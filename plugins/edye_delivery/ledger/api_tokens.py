"""Tokens of the delivery API's users: each is shown once, and only its SHA-256 digest is kept."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, Connection, Engine, Row, insert, or_, select, text, update

from edye_delivery.catalog.window import rfc3339
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.pull_tables import API_TOKENS
from edye_delivery.ledger.transactions import repeating

PREFIX = "edye_"
"""What every token begins with, so that a scan for secrets finds one in a text."""
RANDOM_BYTES = 32
VALID_AT_ONCE = 2
ROTATION_HOURS = 24


class TokenState(StrEnum):
    """Whether a token opens the API: valid until revoked, valid until its end, or not any more."""

    VALID = "valid"
    ENDING = "ending"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token, which is neither the token nor its digest."""

    id: int
    partner: str
    user: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None

    def state(self, now: datetime) -> TokenState:
        """What the token is at this moment."""
        if self.revoked_at is not None:
            return TokenState.REVOKED
        if self.expires_at is None:
            return TokenState.VALID
        return TokenState.ENDING if now < self.expires_at else TokenState.EXPIRED


@dataclass(frozen=True, slots=True)
class ValidToken:
    """Whose token a digest belongs to, and until when it is valid; None where it has no end."""

    partner: str
    user: str
    expires_at: datetime | None


def digest_of(token: str) -> str:
    """The SHA-256 of a token in hexadecimal, as the ledger keeps it; any text has one."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def valid_tokens(connection: Connection, now: datetime) -> dict[str, ValidToken]:
    """Every token that is valid at this moment, by digest."""
    table = API_TOKENS.c
    query = select(table.digest, table.partner, table.user, table.expires_at).where(_is_valid(now))
    return {row.digest: ValidToken(row.partner, row.user, row.expires_at) for row in connection.execute(query)}


def tokens_of(connection: Connection, partner: str, user: str | None = None) -> list[Token]:
    """Every token that the partner, or one user of it, ever had: by user, oldest first."""
    table = API_TOKENS.c
    query = select(API_TOKENS).where(table.partner == partner).order_by(table.user, table.created_at, table.id)
    return [_token_of(row) for row in connection.execute(query if user is None else query.where(table.user == user))]


class ApiTokens:
    """Changes tokens; each change is one transaction, and two changes at once run one after the other."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    @repeating
    def add(self, partner: str, user: str) -> str:
        """A user's first token, which nobody can see again; InvalidRequest where the user has a valid one."""
        with self._engine.begin() as connection:
            now = self._lock(connection)
            valid = self._valid(connection, partner, user, now)
            if valid:
                raise InvalidRequest(
                    f"the user {user} of {partner} has {_count(valid)} already: rotate it, or revoke it first"
                )
            return _insert(connection, partner, user, now)

    @repeating
    def rotate(self, partner: str, user: str, valid_hours: float = ROTATION_HOURS) -> tuple[str, datetime]:
        """A new token, and the end of the old one, which stays valid for these hours.

        InvalidRequest where the user has no valid token, or two of them: the rotation before has not ended.
        """
        with self._engine.begin() as connection:
            now = self._lock(connection)
            valid = self._valid(connection, partner, user, now)
            if not valid:
                raise InvalidRequest(f"the user {user} of {partner} has no valid token to rotate: add one")
            if len(valid) >= VALID_AT_ONCE:
                ends = min(token.expires_at for token in valid if token.expires_at is not None)
                raise InvalidRequest(
                    f"the user {user} of {partner} has {_count(valid)}, and a third is not allowed: wait until "
                    f"{rfc3339(ends)}, when the older one ends, or revoke one of them"
                )
            [old] = valid
            end = now + timedelta(hours=valid_hours)
            end = min(end, old.expires_at) if old.expires_at else end
            connection.execute(update(API_TOKENS).where(API_TOKENS.c.id == old.id).values(expires_at=end))
            return _insert(connection, partner, user, now), end

    @repeating
    def revoke(self, partner: str, user: str, token_id: int | None = None) -> int:
        """Ends all valid tokens of a user now, or one of them; how many. InvalidRequest where there is none."""
        with self._engine.begin() as connection:
            now = self._lock(connection)
            valid = self._valid(connection, partner, user, now)
            ids = [token.id for token in valid if token_id in (None, token.id)]
            if not ids:
                known = f"; its valid tokens are {', '.join(str(token.id) for token in valid)}" if valid else ""
                which = "valid token" if token_id is None else f"valid token {token_id}"
                raise InvalidRequest(f"the user {user} of {partner} has no {which}{known}")
            connection.execute(update(API_TOKENS).where(API_TOKENS.c.id.in_(ids)).values(revoked_at=now))
            return len(ids)

    def _lock(self, connection: Connection) -> datetime:
        """Keeps other changes away until the transaction ends, and says what time it is then; readers do not wait."""
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"LOCK TABLE {API_TOKENS.name} IN SHARE ROW EXCLUSIVE MODE"))
        return self._now()

    @staticmethod
    def _valid(connection: Connection, partner: str, user: str, now: datetime) -> list[Token]:
        return [token for token in tokens_of(connection, partner, user) if token.state(now) in _OPENING]


_OPENING = frozenset({TokenState.VALID, TokenState.ENDING})


def _insert(connection: Connection, partner: str, user: str, now: datetime) -> str:
    token = f"{PREFIX}{secrets.token_urlsafe(RANDOM_BYTES)}"
    values = {"partner": partner, "user": user, "digest": digest_of(token), "created_at": now}
    connection.execute(insert(API_TOKENS).values(values))
    return token


def _is_valid(now: datetime) -> ColumnElement[bool]:
    table = API_TOKENS.c
    return table.revoked_at.is_(None) & or_(table.expires_at.is_(None), table.expires_at > now)


def _token_of(row: Row[tuple[object, ...]]) -> Token:
    return Token(row.id, row.partner, row.user, row.created_at, row.expires_at, row.revoked_at)


def _count(valid: Sequence[Token]) -> str:
    return "a valid token" if len(valid) == 1 else f"{len(valid)} valid tokens"
