"""A delivery to `rclone serve ftp`: no SIZE of a missing file, no REST, and APPE that writes from the beginning."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import FtpRefused
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.cutting_proxy import Cut, CuttingProxy
from tests.proofs.ftp_batch import Target, annex_to, check_arrived, made_batch, rclone_target, send

CONTENT = hashlib.shake_256(b"film").digest(2_000_000)
PART, FILE = RemotePath("/incoming/video", "A.mp4.part"), RemotePath("/incoming/video", "A.mp4")
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with rclone_target(tmp_path_factory.mktemp("rclone")) as running:
        yield running


@pytest.fixture
def session(target: Target) -> Iterator[FtpSession]:
    one = FtpSession(FtpAccount("127.0.0.1", target.port, target.login, target.password, timeout_s=20))
    yield one
    one.close()


def test_a_file_grows_under_its_temporary_name_and_gets_its_final_one(session: FtpSession, target: Target) -> None:
    session.make_folder(PART.folder)
    assert (session.size(PART), session.names(PART.folder, ["A.mp4"])) == (None, frozenset())
    session.store(PART, [CONTENT])
    assert session.size(PART) == len(CONTENT)
    for _ in range(2):
        session.store(PART, [CONTENT])
        session.rename(PART, FILE)
    assert session.names(FILE.folder, ["A.mp4", "A.mp4.part"]) == {"A.mp4"}
    assert (target.on_disk / "video" / "A.mp4").read_bytes() == CONTENT
    session.delete(FILE)
    with pytest.raises(FtpRefused, match="550 to DELE"):
        session.delete(FILE)


def test_a_title_whose_upload_is_cut_begins_anew_and_arrives_whole(target: Target, tmp_path: Path) -> None:
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path}/ledger.sqlite"), lambda: datetime.now(UTC))
    with (
        made_batch(tmp_path, annex_to(target), seed=1, titles=1) as batch,
        CuttingProxy(target.port, [Cut(MEGABYTE), Cut(2 * MEGABYTE)]) as proxy,
    ):
        assert send(batch, target, proxy.port, ledger, "run-1") == {"received": 1}
        check_arrived(batch, target, proxy.renamed)
        assert sum(proxy.cuts_done.values()) == 2
        assert proxy.uploaded_bytes <= batch.least_bytes + 3 * MEGABYTE
