"""Ledgers on both databases: SQLite in a file, and a real PostgreSQL that comes by pip."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.postgresql import postgresql_server
from tests.unit.ledger.frozen import empty_ledger


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


@pytest.fixture(scope="session")
def ledger_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty ledger in a file, to be copied: making one takes twenty times as long."""
    path = tmp_path_factory.mktemp("ledger") / "empty.sqlite"
    open_engine(f"sqlite:///{path}").dispose()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty ledger."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("ledger_file"), tmp_path / "ledger.sqlite")
        return f"sqlite:///{tmp_path}/ledger.sqlite"
    url: str = request.getfixturevalue("postgresql_url")
    empty_ledger(url)
    return url


@pytest.fixture
def engine(ledger_url: str) -> Iterator[Engine]:
    """The engine of an empty ledger."""
    opened = open_engine(ledger_url)
    yield opened
    opened.dispose()


@pytest.fixture
def ledger(engine: Engine) -> Ledger:
    """An empty ledger with a clock of its own."""
    return Ledger(engine, Clock())
