"""The tokens that are valid, as the ledger has them; read often, so that a revocation is in force within seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from edye_delivery.delivery_api.tokens import TokenDigest, TokenSet
from edye_delivery.errors import DeliveryError
from edye_delivery.ledger.api_tokens import valid_tokens
from edye_delivery.ledger.database import open_unchecked_engine, snapshot
from edye_delivery.ledger.read_only import refuse_absent

ANSWER_MAX_S = 5
LEDGER_ERRORS: tuple[type[Exception], ...] = (SQLAlchemyError, DeliveryError, OSError)
"""What `LedgerTokens.read` raises where the ledger is away, locked, being migrated, or none."""


class LedgerTokens:
    """Reads the tokens from the ledger at an address, which need not be there; for one thread."""

    def __init__(self, url: URL, now: Callable[[], datetime]) -> None:
        self._is_file = url.get_backend_name() == "sqlite"
        self._url = url if self._is_file else _with_time_limits(url)
        self._now = now
        self._engine: Engine | None = None

    def read(self) -> TokenSet:
        """The valid tokens; one of LEDGER_ERRORS."""
        refuse_absent(self._url)
        if self._engine is None:
            self._engine = open_unchecked_engine(self._url)
        try:
            with snapshot(self._engine) as connection:
                found = valid_tokens(connection, self._now())
        finally:
            if self._is_file:  # another file may be there the next time
                self._engine.dispose()
        return TokenSet(
            TokenDigest(digest, token.partner, token.user, token.expires_at.timestamp() if token.expires_at else None)
            for digest, token in found.items()
        )


def _with_time_limits(url: URL) -> URL:
    """The address with limits on the time that PostgreSQL has to connect and to answer, unless it has its own."""
    limits = {
        "connect_timeout": str(ANSWER_MAX_S),
        "tcp_user_timeout": str(ANSWER_MAX_S * 1000),
        "options": f"-c statement_timeout={ANSWER_MAX_S * 1000}",
    }
    return url.update_query_dict({name: value for name, value in limits.items() if name not in url.query})
