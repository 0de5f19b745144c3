"""A batch of media over FTP on a line that is cut a hundred times: whole files, none too early, little sent twice."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.builders import PROJECT
from tests.cutting_proxy import Cut, CuttingProxy
from tests.proofs.ftp_batch import (
    MadeBatch,
    Target,
    Watcher,
    annex_to,
    check_arrived,
    made_batch,
    rclone_target,
    sandbox_target,
    send,
    vsftpd_target,
)

pytestmark = pytest.mark.proof
SEED = 20260301
CUTS, KILLS = 100, 12
COMMANDS = ("RNTO", "RNTO", "RNTO", "RNFR", "SIZE", "STOR", "PASV", "PASS", "TYPE")
KILLED_PACE_BYTES_S = 12_000_000
RUNS_MAX = 3


@pytest.fixture(params=[sandbox_target, vsftpd_target, rclone_target], ids=["sandbox", "vsftpd", "rclone"])
def target(request, tmp_path):
    with request.param(tmp_path) as running:
        yield running


@pytest.fixture
def batch(target, tmp_path):
    with made_batch(tmp_path, annex_to(target), SEED) as made:
        yield made


def seeded_cuts(least_bytes: int) -> list[Cut]:
    """Two of three in uploads, all over the batch's bytes; the others at commands, before them or once answered."""
    chance = random.Random(SEED)
    places = chance.sample(range(1, int(0.95 * least_bytes)), CUTS)
    return [
        Cut(at_bytes, command=chance.choice(COMMANDS), is_answered=chance.random() < 0.5)
        if number % 3 == 0
        else Cut(at_bytes)
        for number, at_bytes in enumerate(places)
    ]


def check_promises(batch: MadeBatch, target: Target, proxy: CuttingProxy, watcher: Watcher, ledger: Ledger) -> None:
    check_arrived(batch, target, proxy.renamed)
    assert watcher.partial == []
    assert watcher.looks > 100
    deliveries = ledger.deliveries(title.plan.delivery_key for title in batch.titles).values()
    assert {delivery.state for delivery in deliveries} == {DeliveryState.RECEIVED}
    names = {path.name for path in (target.on_disk / "metadata").iterdir()}
    assert {delivery.tracking_id for delivery in deliveries} == names
    assert proxy.uploaded_bytes <= target.overhead_max * batch.least_bytes


def tell(capsys, what: str, batch: MadeBatch, proxy: CuttingProxy, watcher: Watcher, seconds: float) -> None:
    overhead = proxy.uploaded_bytes / batch.least_bytes
    with capsys.disabled():
        print(
            f"\n{what}: {len(batch.titles)} titles, {batch.least_bytes:,} bytes at least, {proxy.uploaded_bytes:,} "
            f"uploaded ({overhead:.3f} times), {watcher.looks} looks, {seconds:.1f} s"
        )


def test_a_hundred_cuts_lose_nothing_double_nothing_and_cost_little(target, batch, tmp_path, capsys):
    ledger = Ledger(open_engine(f"sqlite:///{tmp_path}/ledger.sqlite"), lambda: datetime.now(UTC))
    with (
        CuttingProxy(target.port, seeded_cuts(batch.least_bytes)) as proxy,
        Watcher(target.on_disk, batch.whole_size) as watcher,
    ):
        begun = time.monotonic()
        for run in range(1, RUNS_MAX + 1):
            if send(batch, target, proxy.port, ledger, f"run-{run}") == {"received": len(batch.titles)}:
                break
        seconds = time.monotonic() - begun
    tell(
        capsys,
        f"{sum(proxy.cuts_done.values())} cuts {dict(proxy.cuts_done)}, {run} runs",
        batch,
        proxy,
        watcher,
        seconds,
    )
    assert sum(proxy.cuts_done.values()) == CUTS
    check_promises(batch, target, proxy, watcher, ledger)


@pytest.fixture
def folder(target, batch, tmp_path):
    """What the sending process needs."""
    moment = datetime(2026, 3, 1, 6, tzinfo=UTC)
    annex = annex_to(target)
    request = RunRequest(
        partner=annex.partner,
        run_id="run",
        start_at=moment,
        end_at=moment.replace(day=2),
        channel=Channel.FTP,
        reason="the API answers 503 since yesterday",
    )
    folder = tmp_path / "sender"
    (folder / "pictures").mkdir(parents=True)
    for name, picture in batch.pictures.items():
        (folder / "pictures" / Path(name).name).write_bytes(picture)
    (folder / "annex.json").write_text(annex.model_dump_json())
    checked = CheckedBatch(request=request, number=1, titles=tuple(batch.titles))
    (folder / "checked.json").write_text(checked.model_dump_json())
    (folder / "account.json").write_text(json.dumps({"login": target.login, "password": target.password}))
    return folder


def started(folder: Path, port: int, run_id: str) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    command = [sys.executable, str(PROJECT / "tests" / "proofs" / "deliver_ftp.py"), str(folder), str(port), run_id]
    child = subprocess.Popen(command, env=env, stdout=subprocess.PIPE)
    assert child.stdout is not None
    assert child.stdout.readline() == b"sending\n"
    return child


def test_a_dozen_kills_lose_nothing_double_nothing_and_cost_little(target, batch, folder, capsys):
    chance, killed = random.Random(SEED), 0
    whole_run_s = batch.least_bytes / KILLED_PACE_BYTES_S
    with (
        CuttingProxy(target.port, pace_bytes_s=KILLED_PACE_BYTES_S) as proxy,
        Watcher(target.on_disk, batch.whole_size) as watcher,
    ):
        begun = time.monotonic()
        for number in range(1, KILLS + 1):
            child = started(folder, proxy.port, f"run-{number}")
            time.sleep(chance.uniform(0, 2) * 0.9 * whole_run_s / KILLS)
            child.send_signal(signal.SIGKILL)
            killed += child.wait(10) == -signal.SIGKILL
        last = started(folder, proxy.port, "last")
        told, _ = last.communicate(timeout=60)
        seconds = time.monotonic() - begun
    tell(capsys, f"{killed} kills", batch, proxy, watcher, seconds)
    assert (last.returncode, json.loads(told)) == (0, {"received": len(batch.titles)})
    assert killed == KILLS
    check_promises(
        batch, target, proxy, watcher, Ledger(open_engine(f"sqlite:///{folder}/ledger.sqlite"), lambda: None)
    )
