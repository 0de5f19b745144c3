"""A probe of one of the module's videos, read as from a media host."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.local_media import LocalMedia
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.clients.probe import probe_video
from tests.unit.qc.clips import Clips

ADDRESS = "https://media.example/"


@pytest.fixture
def measure(clips: Clips, tmp_path: Path) -> Callable[[Path], VideoFacts]:
    """The facts of a video in the folder of `clips`."""
    return lambda path: probe_video(LocalMedia(clips.folder), ADDRESS + path.name, tmp_path)
