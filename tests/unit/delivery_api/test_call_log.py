"""The API log never delays or breaks a call, loses nothing that is spooled, and counts what it drops."""

from __future__ import annotations

import errno
import logging
import time
from dataclasses import fields, replace
from datetime import datetime

import pytest

from edye_delivery.catalog.api_call import LATENCY_BOUNDS_MS, TEXT_MAX_CHARS, CallLine, latency_bucket, pack, unpack
from edye_delivery.delivery_api.call_log import Limits
from edye_delivery.delivery_api.call_spool import CallSpool
from edye_delivery.errors import Transient
from tests.unit.delivery_api.call_lines import FAST, Ledger, WrittenLog, a_line, a_log, wait_until

HOSTILE = {
    "control characters": "\x1b[31mred\r\n\x00",
    "a lone surrogate": "\ud800 half",
    "bidi override": "\u202egnp.exe",
    "very long": "x" * 100_000,
    "a line of JSON": '{"id": "other"}\n{"id": "third"}',
}


def spool_files(folder):
    return sorted(path.name for path in folder.glob("*.jsonl"))


def test_lines_get_into_the_ledger_and_the_spool_is_empty_afterwards(tmp_path):
    ledger = Ledger()
    log = a_log(tmp_path, ledger)
    lines = [a_line(number) for number in range(1000)]
    for line in lines:
        log.add(line)
    wait_until(lambda: len(ledger.lines) == 1000)
    log.stop()
    assert list(ledger.lines.values()) == lines
    assert spool_files(tmp_path) == []
    assert log.dropped == 0


def test_a_stop_brings_what_was_added_just_before_it(tmp_path):
    ledger = Ledger()
    log = a_log(tmp_path, ledger, Limits(interval_s=30))
    for number in range(50):
        log.add(a_line(number))
    log.stop()
    assert len(ledger.lines) == 50
    assert spool_files(tmp_path) == []


def test_a_log_that_was_never_started_can_be_stopped(tmp_path):
    WrittenLog(tmp_path, Ledger().write).stop()


def test_while_the_ledger_is_away_lines_stay_in_the_spool_and_then_all_of_them_get_there(tmp_path, caplog):
    ledger = Ledger()
    ledger.error = Transient("connection refused")
    log = a_log(tmp_path, ledger)
    for number in range(300):
        log.add(a_line(number))
        if number % 100 == 0:
            calls = ledger.calls
            wait_until(lambda before=calls: ledger.calls > before)
    assert ledger.lines == {}
    assert spool_files(tmp_path)
    ledger.error = None
    wait_until(lambda: len(ledger.lines) == 300)
    log.stop()
    assert log.dropped == 0
    assert spool_files(tmp_path) == []
    waiting = [record for record in caplog.records if "wait in the spool" in record.message]
    assert len(waiting) == 1


def test_a_ledger_that_hangs_delays_neither_a_call_nor_the_spool_nor_the_stop(tmp_path):
    ledger = Ledger()
    ledger.is_open.clear()
    log = a_log(tmp_path, ledger)
    log.add(a_line(1))
    wait_until(lambda: ledger.calls == 1)
    for number in range(2, 500):
        log.add(a_line(number))
    wait_until(lambda: spooled_lines(tmp_path) == 499)
    began_s = time.monotonic()
    log.stop(timeout_s=0.05)
    assert time.monotonic() - began_s < 30
    ledger.is_open.set()
    wait_until(lambda: len(ledger.lines) == 499)


def spooled_lines(folder):
    try:
        return sum(path.read_bytes().count(b"\n") for path in folder.glob("*.jsonl"))
    except FileNotFoundError:  # it has got its number just now
        return 0


def test_the_next_start_writes_what_a_stop_could_not_write(tmp_path):
    away, back = Ledger(), Ledger()
    away.error = Transient("connection refused")
    log = a_log(tmp_path, away)
    for number in range(10):
        log.add(a_line(number))
    log.stop()
    assert len(spool_files(tmp_path)) >= 1
    log = a_log(tmp_path, back)
    wait_until(lambda: len(back.lines) == 10)
    log.stop()
    assert spool_files(tmp_path) == []


def test_more_lines_than_the_queue_has_room_for_are_dropped_and_counted(tmp_path, caplog):
    ledger = Ledger()
    log = a_log(tmp_path, ledger, Limits(queue_lines=10, interval_s=30))
    for number in range(25):
        log.add(a_line(number))
    assert log.dropped == 15
    log.stop()
    assert len(ledger.lines) == 10
    assert "15 lines of the API log dropped, 15 since the start" in caplog.text


def test_a_spool_that_has_its_bytes_drops_lines_and_takes_new_ones_when_there_is_room(tmp_path):
    ledger = Ledger()
    ledger.error = Transient("connection refused")
    one = len(pack(a_line(1)))
    log = a_log(tmp_path, ledger, replace(FAST, spool_bytes=5 * one))
    for number in range(5):
        log.add(a_line(number))
    wait_until(lambda: ledger.calls > 0)
    log.add(a_line(6))
    wait_until(lambda: log.dropped == 1)
    assert sum(path.stat().st_size for path in tmp_path.glob("*.jsonl")) <= 5 * one
    ledger.error = None
    wait_until(lambda: len(ledger.lines) == 5)
    wait_until(lambda: not spool_files(tmp_path))
    log.add(a_line(7))
    wait_until(lambda: len(ledger.lines) == 6)
    log.stop()


class FullDisk(CallSpool):
    """A spool on a disk that is full until it is told otherwise."""

    is_full = True

    def append(self, lines: bytes) -> None:
        if self.is_full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().append(lines)


def test_a_full_disk_drops_lines_counts_them_and_says_so_once(tmp_path, caplog):
    spool, ledger = FullDisk(tmp_path, 1_000_000), Ledger()
    log = WrittenLog(spool, ledger.write, folder=tmp_path)
    log.start()
    for number in range(3):
        log.add(a_line(number))
        wait_until(lambda before=number: log.dropped == before + 1)
    spool.is_full = False
    log.add(a_line(9))
    wait_until(lambda: len(ledger.lines) == 1)
    log.stop()
    assert log.dropped == 3
    assert caplog.text.count("cannot be spooled, so they are lost: OSError: [Errno 28] No space left") == 1
    assert sum(int(record.args[0].split()[0]) for record in caplog.records if "log dropped" in record.message) == 3


def test_the_kernel_s_own_full_device_loses_nothing_of_earlier_lines(tmp_path):
    spool = CallSpool(tmp_path, 1_000_000)
    spool.open()
    (tmp_path / "worker-0.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left"):
        spool.append(pack(a_line(1)))
    spool.append(pack(a_line(2)))  # the broken file was set aside, and a new one begun
    spool.close()


def test_a_folder_that_cannot_be_made_drops_lines_and_the_log_goes_on(tmp_path, caplog):
    (tmp_path / "file").write_text("no folder")
    ledger = Ledger()
    log = a_log(tmp_path / "file" / "spool", ledger)
    log.add(a_line(1))
    wait_until(lambda: log.dropped == 1)
    log.stop()
    assert "the spool of the API log cannot be opened" in caplog.text


@pytest.mark.parametrize(
    "line",
    [None, a_line(items="many"), a_line(user_agent=b"bytes"), a_line(at="today"), a_line(at=datetime(2026, 3, 2))],
)
def test_a_line_of_wrong_types_is_dropped_and_its_neighbours_are_not(tmp_path, line):
    ledger = Ledger()
    log = a_log(tmp_path, ledger)
    for one in (a_line(1), line, a_line(2)):
        log.add(one)
    log.stop()
    assert ledger.lines.keys() == {a_line(1).id, a_line(2).id}
    assert log.dropped == 1


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("name", ["user_agent", "request_id", "query", "message", "geo"])
def test_texts_of_a_peer_are_one_printable_line_within_its_column(text, name):
    packed = pack(a_line(1, **{name: text}))
    assert packed.count(b"\n") == 1
    line = unpack(packed)
    shown = getattr(line, name)
    assert shown.isprintable()
    assert len(shown) <= TEXT_MAX_CHARS[name]
    assert replace(line, **{name: None}) == replace(a_line(1), **{name: None})


@pytest.mark.parametrize(("given", "kept"), [(float("nan"), 0.0), (float("inf"), 0.0), (-1.0, 0.0), (1.23456, 1.23456)])
def test_milliseconds_that_no_database_takes_are_none(given, kept):
    assert unpack(pack(a_line(1, milliseconds=given))).milliseconds == kept


@pytest.mark.parametrize(("given", "kept"), [(-5, 0), (2**80, 2**63 - 1)])
def test_numbers_beyond_their_column_are_cut(given, kept):
    assert unpack(pack(a_line(1, bytes=given))).bytes == kept


def test_a_line_survives_the_spool_as_it_is():
    line = a_line(3, first_item="1:a", last_item="2:b", query="page=1&tag=é", message="m", geo="mx", user_agent="x/1")
    line = replace(line, checkpoint_generation=4)
    assert None not in [getattr(line, field.name) for field in fields(CallLine)]
    assert unpack(pack(line)) == line


@pytest.mark.parametrize("content", [b"", b"\n", b"[]", b"{}", b'{"at": 1}', pack(a_line(1))[:-30], b"\xff\x00"])
def test_what_is_no_whole_line_is_none(content):
    assert unpack(content) is None


def test_latencies_are_counted_by_their_upper_bound():
    assert [latency_bucket(ms) for ms in (0, 5, 5.1, 10_000, 10_001)] == [0, 0, 1, 10, len(LATENCY_BOUNDS_MS)]


def test_warnings_are_of_the_log_s_own_logger(tmp_path, caplog):
    ledger = Ledger()
    ledger.error = Transient("down\nsecond line with SQL")
    with caplog.at_level(logging.WARNING, "edye_delivery.delivery_api.call_log_writer"):
        log = a_log(tmp_path, ledger)
        log.add(a_line(1))
        wait_until(lambda: ledger.calls > 0)
        log.stop()
    assert "Transient: down" in caplog.text
    assert "second line" not in caplog.text
