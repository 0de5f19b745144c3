"""A delivery API with two episodes, and a host of media, for tests of the exposure check."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.pull_server import PullServer, pull_server
from tests.unit.clients.local_web import LocalWeb, local_web
from tests.unit.pipeline.exposure.world import fill


@pytest.fixture
def web() -> Iterator[LocalWeb]:
    with local_web() as running:
        yield running


@pytest.fixture
def server(web) -> Iterator[PullServer]:
    with pull_server() as running:
        fill(running, episodes=2)
        running.items["feed"] = []
        yield running
