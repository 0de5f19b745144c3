"""Steps of a batch against peers without end: the time of the batch ends what no other bound does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import TooSlow
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.operators.reencode import ReencodeBatchOperator
from edye_delivery.pipeline import reencode as reencoding
from edye_delivery.qc.rule import RULES
from edye_delivery.steps.base import keep, load
from edye_delivery.steps.deliver import DeliverByFtp
from tests.builders import an_episode, the_annex
from tests.components.hostile_ftp import hostile_ftp, transfers
from tests.hostile_peer import body_trickles, hostile_peer

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
END_S = 10.0
REQUEST = RunRequest(partner="roku_premium_subs_mx", run_id="run-1", start_at=AT - timedelta(days=1), end_at=AT)


@pytest.fixture(autouse=True)
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for conn_id, fields in {
        "artifact_store": {"conn_type": "fs", "extra": {"path": str(tmp_path / "artifacts")}},
        "delivery_ledger": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "edye_api": {"conn_type": "http", "host": "http://127.0.0.1", "extra": {"allowed_hosts": ["127.0.0.1"]}},
    }.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps(fields))


def to_be_reencoded(annex: Any, url: str) -> CheckedTitle:
    plan = plan_of(annex, an_episode(sources=[{"file": url, "type": "video/mp4", "height": 720}]))
    video = VideoFacts(url=url, container="matroska", codec="h264", size_bytes=10**6, etag='"1"', duration_s=60)
    return CheckedTitle(plan=plan, video=video, findings=(RULES["VID005"].finding("it is matroska"),))


def test_a_download_for_a_re_encode_ends_with_the_budget_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reencoding, "SPARE_BYTES", 0)
    annex, store = the_annex(reencode={"batch_budget_s": 1}), ArtifactHook().get_conn()
    with hostile_peer(body_trickles) as port:
        checked = to_be_reencoded(annex, f"http://127.0.0.1:{port}/a.mp4")
        reference = keep(store, "batch.json", CheckedBatch(request=REQUEST, number=0, titles=(checked,)))
        began = time.monotonic()
        reencoded = ReencodeBatchOperator(task_id="reencode", annex=annex, batch=reference).execute({})
        assert time.monotonic() - began < END_S
    (title,) = load(store, reencoded, CheckedBatch).titles
    (finding,) = blocking(title.findings)
    assert finding.code == "VID011"
    assert "the time of its batch was over; the next run of its window does" in finding.message


def test_an_upload_by_ftp_ends_with_the_time_of_its_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    def film() -> Iterator[bytes]:
        while time.monotonic() < began + END_S:
            yield b"x" * 2**20

    deliver: Any = DeliverByFtp(the_annex(), batch={})
    with hostile_ftp() as server:
        server.change(**transfers(server))
        fields = {"conn_type": "ftp", "host": "127.0.0.1", "port": server.port, "login": "edye", "password": "secret"}
        monkeypatch.setenv("AIRFLOW_CONN_ROKU_FTP", json.dumps(fields))
        began = time.monotonic()
        with (
            deliver.uploader(None, ArtifactHook().get_conn(), began + 1) as uploader,
            closing(uploader.connect()) as session,
            pytest.raises(TooSlow, match=r"STOR /incoming/A\.mp4: the time of its batch was over"),
        ):
            session.store(RemotePath("/incoming", "A.mp4"), film())
    assert time.monotonic() - began < END_S
