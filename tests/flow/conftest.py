"""A sandbox for the suite, cleaned before every test, and lines on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.annex.model import Annex
from sandbox.server import Sandbox
from tests.builders import PROJECT, the_annex
from tests.flow.ftp_line import FtpLine
from tests.flow.line import Artifacts, Line

QUICK_API = {
    "retry": {"attempts": 4, "base_s": 0.01, "cap_s": 0.05, "retry_after_max_s": 100},
    "polling": {"first_s": 0.0, "every_s": 0.05, "slowest_s": 0.2, "at_once": 8, "give_up_s": 60},
}
SHORT_LEASE = {"answer_timeout_s": 2, "lease_s": 4}
QUICK_ENCODE = {"preset": "ultrafast", "crf": 40}
QUICK_FTP = {
    "retry": {"attempts": 4, "base_s": 0.01, "cap_s": 0.05},
    "polling": {"first_s": 0.0, "every_s": 0.05, "slowest_s": 0.2, "give_up_s": 60},
}


@pytest.fixture(scope="session")
def suite_box(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), processing_s=0.1, media_dir=media) as box:
        yield box


@pytest.fixture
def box(suite_box: Sandbox) -> Sandbox:
    suite_box.clear_faults()
    suite_box.reset()
    return suite_box


@pytest.fixture(scope="session")
def encodes() -> dict[str, bytes]:
    """The re-encoded files of all tests: the sample's are made once, as they are named by what they were made from."""
    return {}


@pytest.fixture
def artifacts(encodes: dict[str, bytes]) -> Iterator[Artifacts]:
    """A store of a test's own, but for the encodes."""
    store = Artifacts(encodes)
    yield store
    encodes |= {name: content for name, content in store.items() if name.startswith("encodes/")}


@pytest.fixture
def make_line(box: Sandbox, tmp_path: Path, artifacts: Artifacts) -> Callable[..., Line]:
    """A line with an empty ledger; changes are the annex's."""

    def make(annex: Annex | None = None, **changes: Any) -> Line:
        api = QUICK_API | changes.pop("api", {})
        changed = {"api": api, "reencode": QUICK_ENCODE, **changes}
        return Line(annex or the_annex(**changed), box, tmp_path, artifacts=artifacts)

    return make


@pytest.fixture
def line(make_line: Callable[..., Line]) -> Line:
    """A line to ROKU."""
    return make_line()


@pytest.fixture
def make_ftp_line(box: Sandbox, tmp_path: Path, artifacts: Artifacts) -> Callable[..., FtpLine]:
    """The same over FTP; its ledger is that of a line of the same test."""

    def make(**ftp: Any) -> FtpLine:
        annex = the_annex(api=QUICK_API, ftp=QUICK_FTP | ftp, reencode=QUICK_ENCODE)
        return FtpLine(annex, box, tmp_path, artifacts=artifacts)

    return make


@pytest.fixture
def ftp_line(make_ftp_line: Callable[..., FtpLine]) -> FtpLine:
    """A line to ROKU over FTP."""
    return make_ftp_line()
