"""A real ledger on SQLite, with the time that a test sets."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.trail import Trail
from tests.unit.ledger.frozen import delete_rows
from tests.unit.pipeline.builders import ANNEX, Pauses, Time


@pytest.fixture
def time() -> Time:
    """The time of ledger and steps."""
    return Time()


@pytest.fixture
def pauses(time: Time) -> Pauses:
    """A clock of that time which notes for how long it was to sleep."""
    return Pauses(time)


@pytest.fixture(scope="session")
def one_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """One database for all tests of a process: an engine of its own would compile every statement again."""
    opened = open_engine(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.sqlite")
    yield opened
    opened.dispose()


@pytest.fixture
def engine(one_engine: Engine) -> Engine:
    """The database of an empty ledger."""
    with one_engine.begin() as connection:
        delete_rows(connection)
    return one_engine


@pytest.fixture
def ledger(engine: Engine, time: Time) -> Ledger:
    """The ledger; it counts errors in a row, as in a run."""
    return Ledger(engine, time, Client.of(ANNEX))


@pytest.fixture
def trail(engine: Engine, time: Time) -> Trail:
    """The events of the ledger."""
    return Trail(engine, time)
