"""The API log's way into the ledger: whatever is killed in between, a spooled line gets there once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from edye_delivery.ledger.api_call_writer import LedgerCalls
from edye_delivery.ledger.api_calls import CallReader
from edye_delivery.ledger.database import open_engine, snapshot
from tests.unit.delivery_api.call_lines import WrittenLog, a_line, wait_until
from tests.waiting import until

PROJECT = Path(__file__).parents[3]
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def start_worker(spool: Path, url: str, first: int = 0, dies_after: int = 0) -> subprocess.Popen:
    arguments = [str(spool), url, str(first), str(dies_after)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.delivery_api.writing_worker", *arguments],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": f"{PROJECT}:{PROJECT / 'plugins'}"},
    )


def numbers_in(url: str) -> tuple[set[int], int]:
    """The numbers of all lines in the ledger, and how many the hours' sums have."""
    engine = open_engine(url)
    with snapshot(engine) as connection:
        reader = CallReader(connection)
        numbers = {int(line.id[-8:]) for line in reader.lines()}
        total = sum(hour.calls for hour in reader.hours())
    engine.dispose()
    return numbers, total


def start_log(spool: Path, url: str) -> tuple[WrittenLog, LedgerCalls]:
    calls = LedgerCalls(url, lambda: NOW)
    log = WrittenLog(spool, calls.write)
    log.start()
    return log, calls


def write_what_is_left(spool: Path, url: str) -> None:
    log, calls = start_log(spool, url)
    until(lambda: not list(spool.glob("*.jsonl")), "the spool is empty")
    log.stop()
    calls.close()


@pytest.mark.parametrize("dies_after", [1, 3])
def test_a_kill_between_the_insert_and_the_deletion_of_the_spool_doubles_nothing(tmp_path, ledger_url, dies_after):
    spool = tmp_path / "spool"
    with start_worker(spool, ledger_url, dies_after=dies_after) as worker:
        added = [int(line) for line in worker.stdout]
        assert worker.wait() == -9
    written, total = numbers_in(ledger_url)
    assert written
    assert total == len(written)
    assert list(spool.glob("*.jsonl"))
    spooled = {number for file in spool.glob("*.jsonl") for number in numbers_of(file)}
    assert written & spooled, "the kill came between the two, so the spool still has what the ledger has"
    write_what_is_left(spool, ledger_url)
    after, total = numbers_in(ledger_url)
    assert after == written | spooled == set(range(len(after)))
    assert total == len(after) <= max(added) + 20


def numbers_of(file: Path) -> set[int]:
    return {int(line.split(b'"id":"call-')[1][:8]) for line in file.read_bytes().splitlines()}


def test_a_kill_at_any_moment_loses_the_last_moment_only_and_doubles_nothing(tmp_path, ledger_url):
    spool, chance, all_added = tmp_path / "spool", random.Random(18), []
    for round_number in range(3):
        first = round_number * 1_000_000
        with start_worker(spool, ledger_url, first) as worker:
            worker.stdout.readline()
            time.sleep(chance.uniform(0.1, 0.4))
            worker.kill()
            added = [int(line) for line in worker.stdout]
        all_added.append((first, max(added, default=first)))
    write_what_is_left(spool, ledger_url)
    numbers, total = numbers_in(ledger_url)
    assert total == len(numbers)
    for first, last in all_added:
        kept = sorted(number for number in numbers if first <= number < first + 1_000_000)
        assert kept == list(range(first, first + len(kept)))
        assert len(kept) > 0
        assert kept[-1] <= last + 20


def test_two_workers_at_once_have_spools_of_their_own_and_one_takes_over_what_the_other_left(tmp_path, ledger_url):
    spool = tmp_path / "spool"
    with start_worker(spool, ledger_url, 0) as first, start_worker(spool, ledger_url, 1_000_000) as second:
        first.stdout.readline()
        second.stdout.readline()
        until(lambda: (spool / "worker-1.lock").exists(), "the second worker has a name of its own")
        first.kill()
        second.kill()
    (spool / "worker-0.jsonl").write_bytes(b'{"id": "torn')
    (spool / "worker-7.000000000003.jsonl").write_bytes(b"\xff\n")
    (spool / "worker-7.lock").touch()
    write_what_is_left(spool, ledger_url)
    numbers, total = numbers_in(ledger_url)
    assert total == len(numbers)
    assert list(spool.glob("*.jsonl")) == []


def test_of_two_writers_one_writes_and_the_other_goes_on_when_it_ends(tmp_path, ledger_url):
    spool, broken = tmp_path / "spool", f"sqlite:///{tmp_path}/no/folder.sqlite"
    first, first_calls = start_log(spool, broken)
    first.add(a_line(1))
    wait_until(lambda: list(spool.glob("worker-0.0*.jsonl")))
    second, second_calls = start_log(spool, ledger_url)
    second.add(a_line(2))
    wait_until(lambda: list(spool.glob("worker-1.0*.jsonl")))
    assert numbers_in(ledger_url) == (set(), 0)
    first.stop()
    wait_until(lambda: numbers_in(ledger_url) == ({1, 2}, 2))
    second.stop()
    assert list(spool.glob("*.jsonl")) == []
    first_calls.close()
    second_calls.close()
