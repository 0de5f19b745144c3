"""The tokens with which `make up` lets the exposure check ask the delivery API: made once, kept for this user alone."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine

from edye_delivery.annex.model import Annex
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.api_tokens import ApiTokens, ValidToken, digest_of, valid_tokens
from edye_delivery.ledger.database import open_engine
from tools.processes import open_private


def check_tokens(ledger: Path, record: Path, annexes: list[Annex]) -> dict[str, str]:
    """A valid token of each partner's check user, by partner; it makes the ledger where there is none yet.

    Tokens are kept in `record`. Where the user has another valid token that is not there, nobody can see it again:
    the partner is left out, and a sentence says what to do.
    """
    ledger.parent.mkdir(parents=True, exist_ok=True)
    known: dict[str, str] = json.loads(record.read_text()) if record.exists() else {}
    engine = open_engine(f"sqlite:///{ledger}")
    try:
        found = {annex.partner: _token(engine, annex, known.get(annex.partner, "")) for annex in annexes if annex.pull}
    finally:
        engine.dispose()
    given = {partner: token for partner, token in found.items() if token}
    with open_private(record, os.O_TRUNC) as file:
        file.write(json.dumps(given).encode())
    return given


def _token(engine: Engine, annex: Annex, known: str) -> str:
    """The known token where it is valid, else a new one; empty where the user has one that is not known."""
    user = annex.pull.check.user if annex.pull is not None else ""
    now = datetime.now(UTC)
    with engine.connect() as connection:
        valid: ValidToken | None = valid_tokens(connection, now).get(digest_of(known))
    if valid is not None and (valid.partner, valid.user) == (annex.partner, user):
        return known
    try:
        return ApiTokens(engine, lambda: now).add(annex.partner, user)
    except InvalidRequest:
        print(
            f"the exposure check of {annex.display_name} has no token: somebody else made the one of its user {user}. "
            f"End it with `.venv/bin/python -m edye_delivery users revoke --partner {annex.partner} --user {user}`, "
            "then run `make up` again"
        )
        return ""
