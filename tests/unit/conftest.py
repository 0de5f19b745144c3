"""What tests of several rings measure: small real videos, made once a module."""

from __future__ import annotations

import pytest

from tests.unit.qc.clips import Clips


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Clips:
    """A folder of videos, made as they are asked for."""
    return Clips(tmp_path_factory.mktemp("clips"))
