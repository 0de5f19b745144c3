"""The partner's FTP server takes files as a real one does, plain and by TLS, and tells the journal."""

from __future__ import annotations

import ftplib
import socket
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from sandbox.faults import FaultPlan, parse_faults
from sandbox.ftp_server import FTP_PASSWORD, FtpHost
from sandbox.hosting import PortTaken
from sandbox.journal import Journal
from sandbox.server import Sandbox
from sandbox.store import Store
from tests.sandbox.ftp_caller import (
    CONTENT,
    CUTS,
    VIDEO,
    connect,
    connect_by_tls,
    entries,
    make_certificate,
    retrieve,
    store,
)


def test_a_file_is_stored_listed_renamed_read_and_deleted(box, ftp, on_disk):
    store(ftp, f"{VIDEO}/A.mp4.part", CONTENT)
    assert ftp.size(f"{VIDEO}/A.mp4.part") == len(CONTENT)
    ftp.rename(f"{VIDEO}/A.mp4.part", f"{VIDEO}/A.mp4")
    assert [name for name, _ in ftp.mlsd(VIDEO)] == ftp.nlst(VIDEO) == ["A.mp4"]
    assert retrieve(ftp, f"{VIDEO}/A.mp4") == (on_disk / "A.mp4").read_bytes() == CONTENT
    ftp.delete(f"{VIDEO}/A.mp4")
    told = [(entry["operation"], entry["method"], entry["path"], entry["status"]) for entry in box.journal("ftp")]
    assert told == [
        ("login", "PASS", "edye", 230),
        ("store", "STOR", f"{VIDEO}/A.mp4.part", 226),
        ("size", "SIZE", f"{VIDEO}/A.mp4.part", 213),
        ("rename", "RNTO", f"{VIDEO}/A.mp4", 250),
        ("list", "MLSD", VIDEO, 226),
        ("list", "NLST", VIDEO, 226),
        ("retrieve", "RETR", f"{VIDEO}/A.mp4", 226),
        ("delete", "DELE", f"{VIDEO}/A.mp4", 250),
    ]
    stored, renamed, retrieved = (box.journal(operation=name)[0] for name in ("store", "rename", "retrieve"))
    assert (stored["bytes_in"], retrieved["bytes_out"]) == (len(CONTENT), len(CONTENT))
    assert renamed["query"] == {"from": f"{VIDEO}/A.mp4.part"}


def test_a_wrong_password_is_refused_and_no_password_is_written_down(box, ftp):
    with pytest.raises(ftplib.error_perm, match="530"):
        connect(box.ftp_port, password="another-secret")
    assert entries(box, "login") == [(230, "answered", None), (530, "answered", None)]
    database = sqlite3.connect(box.state_dir / "partner.sqlite")
    told = "\n".join(database.iterdump())
    database.close()
    assert "PASS" in told
    assert FTP_PASSWORD not in told
    assert "another-secret" not in told


def test_an_interrupted_store_is_resumed_by_rest_and_by_append(box, ftp, on_disk):
    for command, rest in (("STOR", 100_000), ("APPE", None)):
        store(ftp, f"{VIDEO}/{command}.mp4", CONTENT[:100_000])
        store(ftp, f"{VIDEO}/{command}.mp4", CONTENT[100_000:], command=command, rest=rest)
        assert (on_disk / f"{command}.mp4").read_bytes() == CONTENT
    assert [entry["bytes_in"] for entry in box.journal(operation="store")] == [100_000, 207_200] * 2


@pytest.mark.parametrize(
    "name", ["../../../../../outside.mp4", "/../../outside.mp4", "x/../../../../../../outside.mp4"]
)
def test_no_name_leads_out_of_the_root(box, ftp, name):
    ftp.cwd(VIDEO)
    store(ftp, name, b"x")
    assert [path.parent for path in box.state_dir.rglob("outside.mp4")] == [box.ftp_root]


def test_the_process_stays_in_its_folder(box, ftp):
    before = Path.cwd()
    ftp.cwd(VIDEO)
    assert (ftp.pwd(), Path.cwd()) == (VIDEO, before)
    with pytest.raises(ftplib.error_perm, match="550"):
        ftp.cwd("/nowhere")


@pytest.fixture
def tls_host(tmp_path) -> Iterator[tuple[int, Path, FaultPlan, Path]]:
    certificate_file, key_file = make_certificate(tmp_path)
    database = Store(tmp_path / "partner.sqlite")
    faults, root = FaultPlan(), tmp_path / "ftp"
    host = FtpHost(root, Journal(database), faults, certificate_file=certificate_file, key_file=key_file)
    yield host.start(), certificate_file, faults, root
    host.stop()
    database.close()


def test_with_a_certificate_commands_and_data_go_by_tls(tls_host):
    port, certificate_file, _, root = tls_host
    caller = connect_by_tls(port, certificate_file)
    store(caller, "/A.mp4", CONTENT[:100_000])
    store(caller, "/A.mp4", CONTENT[100_000:], rest=100_000)
    assert retrieve(caller, "/A.mp4") == (root / "A.mp4").read_bytes() == CONTENT
    caller.quit()


def test_without_tls_neither_a_login_nor_data_are_taken(tls_host):
    port, certificate_file, _, _ = tls_host
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required on the control"):
        connect(port)
    caller = connect_by_tls(port, certificate_file)
    caller.prot_c()
    with pytest.raises(ftplib.error_perm, match="550 SSL/TLS required on the data"):
        caller.nlst()
    caller.close()


@pytest.mark.parametrize("fault", [{"kind": "cut"}, {"kind": "reply", "code": 452}], ids=["cut", "reply"])
def test_a_store_by_tls_ends_after_some_bytes_too(tls_host, fault):
    port, certificate_file, faults, root = tls_host
    faults.replace(parse_faults({"service": "ftp", "operation": "store", "after_bytes": 100_000, **fault}))
    caller = connect_by_tls(port, certificate_file)
    with pytest.raises((*CUTS, ftplib.Error)):
        store(caller, "/A.mp4", CONTENT)
    assert (root / "A.mp4").read_bytes() == CONTENT[:100_000]
    caller.close()


def test_a_slow_store_by_tls_comes_whole(tls_host):
    port, certificate_file, faults, root = tls_host
    faults.replace(parse_faults({"service": "ftp", "kind": "slow", "bytes_per_s": 3_000_000, "operation": "store"}))
    caller = connect_by_tls(port, certificate_file)
    store(caller, "/A.mp4", CONTENT)
    assert (root / "A.mp4").read_bytes() == CONTENT
    caller.close()


def test_the_admin_service_tells_what_came_by_ftp(box):
    assert httpx.get(f"{box.admin_url}/ftp/contents").json() == box.ftp_contents() == []
    assert box.ftp_url == f"ftp://127.0.0.1:{box.ftp_port}"


def test_a_reset_empties_the_folders(box, ftp, on_disk):
    store(ftp, f"{VIDEO}/A.mp4", b"x")
    ftp.mkd("/incoming/another")
    box.reset()
    assert list(on_disk.iterdir()) == []
    assert ftp.nlst("/incoming") == ["roku_premium_subs_mx"]


def test_behind_all_addresses_the_public_one_is_told(tmp_path):
    database = Store(tmp_path / "partner.sqlite")
    more = {"host": "0.0.0.0", "public_host": "10.1.2.3"}
    host = FtpHost(tmp_path / "ftp", Journal(database), FaultPlan(), **more)
    caller = connect(host.start())
    assert "(10,1,2,3," in caller.sendcmd("PASV")
    caller.close()
    host.stop()
    database.close()


def test_a_name_with_a_zero_byte_is_refused(ftp):
    with pytest.raises(ftplib.error_perm, match=r"^501 "):
        store(ftp, f"{VIDEO}/A\0.mp4", b"x")
    assert ftp.pwd() == "/"


def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken, match=rf"the ftp service cannot listen on 127.0.0.1:{port} .*--ftp-port"):
            Sandbox(tmp_path, ports={"ftp": port}).start()


def test_an_aborted_store_is_told_so(box, ftp):
    data_connection = ftp.transfercmd(f"STOR {VIDEO}/A.mp4")
    data_connection.sendall(b"xyz")
    ftp.close()
    deadline = time.monotonic() + 5
    while not entries(box, "store"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    data_connection.close()
    assert entries(box, "store") == [(None, "aborted", None)]
