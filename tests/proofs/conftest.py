"""What the proofs on a real Airflow share: a sandbox, an S3 server, a PostgreSQL."""

from __future__ import annotations

import pytest

from sandbox.server import Sandbox
from tests.builders import PROJECT
from tests.postgresql import postgresql_server


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), processing_s=0.2, media_dir=media) as box:
        yield box


@pytest.fixture(scope="module")
def database_url():
    """Airflow's metadata database."""
    with postgresql_server() as url:
        yield url
