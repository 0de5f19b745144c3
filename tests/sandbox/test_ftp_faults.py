"""The partner's FTP server fails as the fault plan says, and in no other way."""

from __future__ import annotations

import ftplib
import re
import time
from typing import Any

import pytest

from sandbox.faults import FaultPlanError, parse_fault
from sandbox.server import Sandbox
from tests.sandbox.ftp_caller import CONTENT, CUTS, VIDEO, connect, entries, retrieve, store


def plan(box: Sandbox, **fault: Any) -> None:
    box.plan([{"service": "ftp", **fault}])


@pytest.mark.parametrize("after_bytes", [0, 1, 100_000, 10**9])
def test_a_store_is_cut_after_some_bytes_which_stay(box, ftp, on_disk, after_bytes):
    plan(box, operation="store", kind="cut", after_bytes=after_bytes)
    with pytest.raises(CUTS):
        store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    kept = CONTENT[:after_bytes]
    assert (on_disk / "A.mp4").read_bytes() == kept
    with pytest.raises(CUTS):
        ftp.pwd()
    assert entries(box, "store") == [(None, "cut", "cut")]
    assert box.journal(operation="store")[0]["bytes_in"] == len(kept)


@pytest.mark.parametrize("operation", ["login", "rename", "list", "size", "retrieve", "delete"])
def test_another_command_is_cut_instead_of_an_answer(box, ftp, on_disk, operation):
    store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    plan(box, operation=operation, kind="cut", times=1)
    calls = {
        "login": lambda: connect(box.ftp_port),
        "rename": lambda: ftp.rename(f"{VIDEO}/A.mp4", f"{VIDEO}/B.mp4"),
        "list": lambda: list(ftp.mlsd(VIDEO)),
        "size": lambda: ftp.size(f"{VIDEO}/A.mp4"),
        "retrieve": lambda: retrieve(ftp, f"{VIDEO}/A.mp4"),
        "delete": lambda: ftp.delete(f"{VIDEO}/A.mp4"),
    }
    with pytest.raises(CUTS):
        calls[operation]()
    assert entries(box, operation)[-1] == (None, "cut", "cut")
    assert [path.name for path in on_disk.iterdir()] == ["A.mp4"]
    connect(box.ftp_port).close()


def test_a_rename_is_done_and_then_cut(box, ftp, on_disk):
    store(ftp, f"{VIDEO}/A.part", b"x")
    plan(box, kind="done_then_cut")
    with pytest.raises(CUTS):
        ftp.rename(f"{VIDEO}/A.part", f"{VIDEO}/A.mp4")
    assert [path.name for path in on_disk.iterdir()] == ["A.mp4"]
    assert entries(box, "rename") == [(None, "done_then_cut", "done_then_cut")]


@pytest.mark.parametrize("code", [450, 452, 550, 552, 553])
def test_a_store_is_refused_with_a_code(box, ftp, on_disk, code):
    plan(box, operation="store", kind="reply", code=code, times=1)
    with pytest.raises(ftplib.Error, match=f"^{code} "):
        store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    assert list(on_disk.iterdir()) == []
    assert entries(box, "store") == [(code, "answered", "reply")]
    store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    assert (on_disk / "A.mp4").read_bytes() == CONTENT


@pytest.mark.parametrize("after_bytes", [100_000, 10**9])
def test_a_full_disk_breaks_a_store_off_and_keeps_what_came(box, ftp, on_disk, after_bytes):
    plan(box, operation="store", kind="reply", code=452, message="disk full", after_bytes=after_bytes, times=1)
    with pytest.raises((OSError, ftplib.error_temp)):
        store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    kept = CONTENT[:after_bytes]
    assert (on_disk / "A.mp4").read_bytes() == kept
    assert entries(box, "store") == [(452, "broken_off", "reply")]
    assert box.journal(operation="store")[0]["bytes_in"] == len(kept)


def test_the_reply_of_a_full_disk_is_on_the_control_connection(box, ftp):
    plan(box, operation="store", kind="reply", code=452, message="disk full", after_bytes=1, times=1)
    data_connection = ftp.transfercmd(f"STOR {VIDEO}/A.mp4")
    data_connection.sendall(b"xx")
    with pytest.raises(ftplib.error_temp, match=r"^452 disk full$"):
        ftp.voidresp()
    data_connection.close()
    assert ftp.pwd() == "/"


def test_421_ends_the_connection(box, ftp):
    plan(box, operation="list", kind="reply", code=421)
    with pytest.raises(ftplib.error_temp, match=r"^421 Service not available"):
        ftp.nlst(VIDEO)
    with pytest.raises(CUTS):
        ftp.pwd()


def test_a_refused_rename_leaves_the_file(box, ftp, on_disk):
    store(ftp, f"{VIDEO}/A.part", b"x")
    plan(box, operation="rename", kind="reply", code=550, message="no", path_contains="A.part")
    with pytest.raises(ftplib.error_perm, match=r"^550 no$"):
        ftp.rename(f"{VIDEO}/A.part", f"{VIDEO}/A.mp4")
    assert [path.name for path in on_disk.iterdir()] == ["A.part"]


def test_nth_times_and_path_choose_the_stores(box, ftp):
    plan(box, operation="store", kind="reply", code=550, nth=2, times=1, path_contains="A")
    store(ftp, f"{VIDEO}/B.mp4", b"x")
    store(ftp, f"{VIDEO}/A1.mp4", b"x")
    with pytest.raises(ftplib.error_perm):
        store(ftp, f"{VIDEO}/A2.mp4", b"x")
    store(ftp, f"{VIDEO}/A3.mp4", b"x")
    assert [(one["seen"], one["hits"]) for one in box.faults()] == [(3, 1)]


def test_a_slow_server_answers_late(box, ftp):
    plan(box, operation="size", kind="slow", delay_s=0.3)
    started = time.monotonic()
    with pytest.raises(ftplib.error_perm, match="550"):
        ftp.size(f"{VIDEO}/A.mp4")
    assert time.monotonic() - started >= 0.3


def test_a_slow_rename_is_done_although_its_caller_gave_up(box, on_disk):
    caller = connect(box.ftp_port, timeout_s=0.5)
    store(caller, f"{VIDEO}/A.part", b"x")
    plan(box, operation="rename", kind="slow", delay_s=1)
    with pytest.raises(TimeoutError):
        caller.rename(f"{VIDEO}/A.part", f"{VIDEO}/A.mp4")
    caller.close()
    deadline = time.monotonic() + 5
    while not (on_disk / "A.mp4").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize("operation", ["store", "retrieve"])
def test_a_slow_transfer_keeps_to_its_rate(box, ftp, on_disk, operation):
    (on_disk / "A.mp4").write_bytes(CONTENT)
    plan(box, operation=operation, kind="slow", bytes_per_s=len(CONTENT) * 2)
    started = time.monotonic()
    if operation == "store":
        store(ftp, f"{VIDEO}/A.mp4", CONTENT)
    else:
        assert retrieve(ftp, f"{VIDEO}/A.mp4") == CONTENT
    assert 0.3 <= time.monotonic() - started < 3
    assert (on_disk / "A.mp4").read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("kind", "feature", "command", "code"),
    [
        ("no_rest", "REST", "REST 5", 502),
        ("no_append", None, f"APPE {VIDEO}/A.mp4", 502),
        ("no_mlsd", "MLST", "MLST /", 500),
        ("no_size", "SIZE", f"SIZE {VIDEO}/A.mp4", 502),
    ],
)
def test_a_feature_is_missing_while_the_plan_says_so(box, ftp, kind, feature, command, code):
    ftp.voidcmd("TYPE I")
    if feature:
        assert re.search(rf"^ {feature}\b", ftp.sendcmd("FEAT"), re.MULTILINE)
    plan(box, kind=kind)
    assert not feature or not re.search(rf"^ {feature}\b", ftp.sendcmd("FEAT"), re.MULTILINE)
    with pytest.raises(ftplib.error_perm, match=f"^{code} "):
        ftp.sendcmd(command)
    box.clear_faults()
    assert not feature or re.search(rf"^ {feature}\b", ftp.sendcmd("FEAT"), re.MULTILINE)


def test_without_rest_a_store_is_resumed_by_append(box, ftp, on_disk):
    plan(box, kind="no_rest", operation="feature")
    store(ftp, f"{VIDEO}/A.mp4", CONTENT[:9])
    store(ftp, f"{VIDEO}/A.mp4", CONTENT[9:], command="APPE")
    assert (on_disk / "A.mp4").read_bytes() == CONTENT


def test_without_mlsd_a_list_has_the_style_of_windows(box, ftp, on_disk):
    (on_disk / "A.mp4").write_bytes(b"xyz")
    (on_disk / "one folder").mkdir()
    plan(box, kind="no_mlsd")
    lines: list[str] = []
    ftp.retrlines(f"LIST {VIDEO}", lines.append)
    moment = r"\d\d-\d\d-\d\d  \d\d:\d\d[AP]M"
    assert re.fullmatch(rf"{moment} {' ' * 19}3 A\.mp4", lines[0])
    assert re.fullmatch(rf"{moment}       <DIR>          one folder", lines[1])
    assert ftp.nlst(VIDEO) == ["A.mp4", "one folder"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"kind": "garbage"}, "unknown fault kind 'garbage'; one of cut, done_then_cut"),
        ({"kind": "cut", "operation": "ingest"}, "service ftp has no operation 'ingest'"),
        ({"kind": "cut", "code": 3}, "no key 'code'"),
        ({"kind": "cut", "after_bytes": 3, "operation": "rename"}, "after_bytes counts the bytes of one store"),
        ({"kind": "cut", "after_bytes": 3}, "use operation store"),
        ({"kind": "cut", "operation": "pickup"}, "does not happen to pickup"),
        ({"kind": "done_then_cut", "operation": "store"}, "use operation rename"),
        ({"kind": "reply"}, "needs the key 'code'"),
        ({"kind": "reply", "code": "452"}, "needs the key 'code'"),
        ({"kind": "reply", "code": 226}, "from 400 to 599"),
        ({"kind": "reply", "code": 452, "message": "a\r\nb"}, "one line"),
        ({"kind": "slow"}, "'delay_s' or 'bytes_per_s'"),
        ({"kind": "slow", "bytes_per_s": 3, "operation": "rename"}, "use delay_s"),
        ({"kind": "no_rest", "operation": "store"}, "use operation feature"),
        ({"kind": "no_rest", "times": 1}, "leave out times"),
        ({"kind": "stuck", "operation": "store"}, "use operation pickup"),
        ({"kind": "error", "code": 5}, "code of a error fault"),
        ({"kind": "cut", "external_id": "A"}, "use path_contains"),
    ],
    ids=str,
)
def test_a_fault_that_cannot_be_is_refused_in_words(fault, words):
    with pytest.raises(FaultPlanError) as refused:
        parse_fault({"service": "ftp", **fault})
    assert words in str(refused.value)
