"""kill -9 of the delivering process at seeded moments: nothing lost, nothing twice, ledger and partner agree."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.errors import EncodeFailed
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from sandbox.server import Sandbox
from tests.builders import PROJECT, the_annex
from tests.flow.conftest import QUICK_API, SHORT_LEASE
from tests.flow.line import Line

pytestmark = pytest.mark.proof
SEED = 20260301
MOMENTS = [random.Random(SEED + number).random() for number in range(20)]
SLOW = {"service": "partner", "operation": "ingest", "kind": "slow", "delay_s": 0.1, "bytes_per_s": 12_000_000}
TITLES = 12


@pytest.fixture(scope="module")
def box(tmp_path_factory):
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), processing_s=0.3, media_dir=media) as box:
        yield box


def nothing_is_encoded(job, profile, clock):
    raise EncodeFailed("this proof is about uploads")


@pytest.fixture(scope="module")
def checked(box, tmp_path_factory):
    line = Line(the_annex(api=QUICK_API), box, tmp_path_factory.mktemp("checked"))
    line.encode = nothing_is_encoded
    _, titles = line.check(line.request())
    good = [title for title in titles if not blocking(title.findings)][:TITLES]
    assert len(good) == TITLES
    return CheckedBatch(request=line.request(), number=1, titles=tuple(good))


@pytest.fixture
def folder(tmp_path, checked, box):
    box.reset()
    box.plan([SLOW])
    (tmp_path / "annex.json").write_text(the_annex(api=QUICK_API | SHORT_LEASE).model_dump_json())
    (tmp_path / "checked.json").write_text(checked.model_dump_json())
    yield tmp_path
    box.clear_faults()


def started(folder: Path, url: str, run_id: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    command = [sys.executable, str(PROJECT / "tests" / "proofs" / "deliver.py"), str(folder), url, run_id]
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"sending\n"
    return child


@pytest.fixture(scope="module")
def whole_run_s(box, checked, tmp_path_factory):
    """Seconds that an undisturbed delivery takes, so that kills fall all over it."""
    folder = tmp_path_factory.mktemp("undisturbed")
    box.plan([SLOW])
    (folder / "annex.json").write_text(the_annex(api=QUICK_API | SHORT_LEASE).model_dump_json())
    (folder / "checked.json").write_text(checked.model_dump_json())
    child, begun = started(folder, box.partner_url, "undisturbed"), time.monotonic()
    assert child.wait(60) == 0
    return time.monotonic() - begun


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: f"at-{moment:.3f}")
def test_a_killed_delivery_is_finished_by_the_next_run_without_loss_or_double(
    moment, folder, box, checked, whole_run_s
):
    child = started(folder, box.partner_url, "run-1")
    time.sleep(moment * whole_run_s)
    child.send_signal(signal.SIGKILL)
    child.wait(10)
    again = started(folder, box.partner_url, "run-2")
    assert again.wait(120) == 0
    check_agreement(folder, box, checked)


def check_agreement(folder: Path, box: Sandbox, checked: CheckedBatch) -> None:
    ledger = Ledger(open_engine(f"sqlite:///{folder}/ledger.sqlite"), lambda: None)
    deliveries = ledger.deliveries(title.plan.delivery_key for title in checked.titles)
    contents = box.contents()
    names = sorted(content["external_id"] for content in contents)
    assert names == sorted(title.plan.external_id for title in checked.titles), "lost or doubled at the partner"
    by_name = {content["external_id"]: content for content in contents}
    for title in checked.titles:
        delivery, content = deliveries[title.plan.delivery_key], by_name[title.plan.external_id]
        assert delivery.state is DeliveryState.ACCEPTED
        assert delivery.tracking_id == content["tracking_id"]
        assert content["status"] == "completed"
        assert content["size_bytes"] == title.video.size_bytes
        assert content["idempotency_key"] == title.plan.delivery_key
    assert len(list(ledger.accepted_titles("roku_premium_subs_mx"))) == len(checked.titles)
