"""Ledgers on both databases: SQLite in a file, and a real PostgreSQL that comes by pip."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.postgresql import postgresql_server
from tests.unit.ledger.frozen import drop_everything


class Clock:
    """A clock that goes on by a second with every look."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 2, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The address of a PostgreSQL server of its own."""
    with postgresql_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.sqlite"
        return
    url = request.getfixturevalue("postgresql_url")
    drop_everything(url)
    yield url


@pytest.fixture
def ledger(ledger_url: str) -> Iterator[Ledger]:
    """An empty ledger with a clock of its own."""
    engine = open_engine(ledger_url)
    yield Ledger(engine, Clock())
    engine.dispose()
