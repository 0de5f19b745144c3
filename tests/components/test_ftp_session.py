"""The FTP session against two servers, the sandbox's and a real vsftpd: sizes, uploads that go on, TLS, refusals."""

from __future__ import annotations

import hashlib
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.clients.ftp import FtpSession, OffsetRefused
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import AuthRefused, ConfigurationInvalid, FtpRefused, Transient
from edye_delivery.hooks.ftp import FtpHook
from sandbox.faults import FaultPlan, parse_faults
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD, FtpHost
from sandbox.journal import Journal
from sandbox.store import Store
from tests.sandbox.ftp_caller import make_certificate
from tests.vsftpd import require_vsftpd, vsftpd_server

CONTENT = hashlib.shake_256(b"film").digest(3_000_000)


@dataclass
class Server:
    """A server, its account, and the same folder as it is called there and on disk."""

    account: dict[str, Any]
    folder: str
    on_disk: Path
    faults: FaultPlan | None = None

    def session(self, **changes: Any) -> FtpSession:
        return FtpSession(FtpAccount(**({"timeout_s": 10} | self.account | changes)))

    def path(self, name: str) -> RemotePath:
        return RemotePath(self.folder, name)


@contextmanager
def sandbox_server(folder: Path, **tls: Path) -> Iterator[Server]:
    plan = FaultPlan()
    store = Store(folder / "journal.sqlite")
    host = FtpHost(folder / "ftp", Journal(store), plan, **tls)
    account = {"host": "127.0.0.1", "port": host.start(), "login": FTP_LOGIN, "password": FTP_PASSWORD}
    (folder / "ftp" / "incoming").mkdir()
    yield Server(account, "/incoming", folder / "ftp" / "incoming", plan)
    host.stop()
    store.close()


@contextmanager
def real_server(folder: Path, **tls: Path) -> Iterator[Server]:
    require_vsftpd()
    keys = {"certificate": tls["certificate_file"], "key": tls["key_file"]} if tls else {}
    with vsftpd_server(folder / "vsftpd", **keys) as running:
        account = {"host": running.host, "port": running.port, "login": running.login, "password": running.password}
        (running.root / "incoming").mkdir()
        yield Server(account, f"{running.root}/incoming", running.root / "incoming")


SERVERS = pytest.mark.parametrize("make_server", [sandbox_server, real_server], ids=["sandbox", "vsftpd"])


@pytest.fixture(params=[sandbox_server, real_server], ids=["sandbox", "vsftpd"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    with request.param(tmp_path) as running:
        yield running


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Server]:
    """The server that can be told to fail."""
    with sandbox_server(tmp_path) as running:
        yield running


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, Path]:
    certificate_file, key_file = make_certificate(tmp_path)
    return {"certificate_file": certificate_file, "key_file": key_file}


def plan(box: Server, *faults: dict[str, Any]) -> None:
    assert box.faults is not None
    box.faults.replace(parse_faults([{"service": "ftp"} | fault for fault in faults]))


def test_what_is_stored_is_there_with_its_size(server: Server) -> None:
    session = server.session()
    session.store(server.path("A.mp4"), [CONTENT[:7], CONTENT[7:2_000_000], CONTENT[2_000_000:]])
    assert session.size(server.path("A.mp4")) == len(CONTENT)
    assert session.size(server.path("B.mp4")) is None
    assert (server.on_disk / "A.mp4").read_bytes() == CONTENT
    session.close()


@pytest.mark.parametrize(
    "missing", [[], ["no_size"], ["no_size", "no_mlsd"], ["no_mlsd"]], ids=["SIZE", "MLST", "LIST", "SIZE alone"]
)
def test_a_size_is_told_by_whatever_the_server_has(box: Server, missing: list[str]) -> None:
    plan(box, *({"kind": kind} for kind in missing))
    session = box.session()
    session.store(box.path("A.mp4"), [CONTENT])
    for _ in range(2):
        assert session.size(box.path("A.mp4")) == len(CONTENT)
        assert session.size(box.path("B.mp4")) is None


@pytest.mark.parametrize("offset", [1, 1_000_000, 2_999_999])
def test_an_upload_goes_on_by_restart(server: Server, offset: int) -> None:
    session = server.session()
    session.store(server.path("A.mp4"), [CONTENT[:offset]])
    session.store(server.path("A.mp4"), [CONTENT[offset:]], offset)
    assert (server.on_disk / "A.mp4").read_bytes() == CONTENT


def test_an_upload_goes_on_by_append_where_the_server_has_no_restart(box: Server) -> None:
    plan(box, {"kind": "no_rest"})
    session = box.session()
    session.store(box.path("A.mp4"), [CONTENT[:1_000_000]])
    session.store(box.path("A.mp4"), [CONTENT[1_000_000:]], 1_000_000)
    assert (box.on_disk / "A.mp4").read_bytes() == CONTENT


@pytest.mark.parametrize(
    "faults",
    [
        [{"kind": "no_rest"}, {"kind": "no_append"}],
        [{"kind": "reply", "operation": "store", "code": 451, "message": "Restart not permitted, try again"}],
        [{"kind": "reply", "operation": "store", "code": 550, "message": "Restart not permitted"}],
    ],
    ids=["neither command", "451", "550"],
)
def test_a_server_that_does_not_go_on_is_told_apart_from_one_that_refuses(box: Server, faults: list[Any]) -> None:
    box.session().store(box.path("A.mp4"), [CONTENT[:1000]])
    plan(box, *faults)
    with pytest.raises(OffsetRefused, match=r"does not resume /incoming/A.mp4 at byte 1000 \(\d+\)"):
        box.session().store(box.path("A.mp4"), [CONTENT[1000:]], 1000)


def test_an_empty_file_is_stored(server: Server) -> None:
    server.session().store(server.path("A.mp4"), [])
    assert server.session().size(server.path("A.mp4")) == 0


def test_a_rename_replaces_the_file_that_has_the_name(server: Server) -> None:
    session = server.session()
    session.store(server.path("A.mp4"), [b"old"])
    session.store(server.path("A.mp4.part"), [CONTENT])
    session.rename(server.path("A.mp4.part"), server.path("A.mp4"))
    assert session.names(server.folder, ["A.mp4", "A.mp4.part"]) == {"A.mp4"}
    assert (server.on_disk / "A.mp4").read_bytes() == CONTENT


def test_a_server_that_does_not_replace_is_helped_by_a_delete(box: Server) -> None:
    session = box.session()
    session.store(box.path("A.mp4"), [b"old"])
    session.store(box.path("A.mp4.part"), [CONTENT])
    plan(box, {"kind": "reply", "operation": "rename", "code": 553, "times": 1})
    session.rename(box.path("A.mp4.part"), box.path("A.mp4"))
    assert (box.on_disk / "A.mp4").read_bytes() == CONTENT


def test_a_rename_of_what_is_no_longer_there_leaves_the_file_that_has_the_name(server: Server) -> None:
    session = server.session()
    session.store(server.path("A.mp4"), [CONTENT])
    with pytest.raises(FtpRefused, match="550"):
        session.rename(server.path("A.mp4.part"), server.path("A.mp4"))
    assert (server.on_disk / "A.mp4").read_bytes() == CONTENT


def test_a_deleted_file_is_gone_and_a_missing_one_is_refused(server: Server) -> None:
    session = server.session()
    session.store(server.path("A.mp4"), [b"x"])
    session.delete(server.path("A.mp4"))
    assert not (server.on_disk / "A.mp4").exists()
    with pytest.raises(FtpRefused, match="550"):
        session.delete(server.path("A.mp4"))


def test_the_names_of_an_empty_folder_are_none_and_a_missing_one_is_told(server: Server) -> None:
    session = server.session()
    assert session.names(server.folder, ["A.mp4"]) == frozenset()
    with pytest.raises(FtpRefused, match="550"):
        session.names(f"{server.folder}/absent", ["A.mp4"])


def test_foreign_names_are_told_and_hurt_nobody(server: Server) -> None:
    for name in ("A B.mp4", "Ñandú.mp4", "-rf", ".part"):
        (server.on_disk / name).write_bytes(b"x")
    assert server.session().names(server.folder, ["A B.mp4", "-rf", "B.mp4"]) == {"A B.mp4", "-rf"}


def test_folders_are_made_as_far_as_they_are_missing(server: Server) -> None:
    session = server.session()
    for _ in range(2):
        session.make_folder(f"{server.folder}/client/video")
    assert (server.on_disk / "client" / "video").is_dir()
    (server.on_disk / "file").write_bytes(b"x")
    with pytest.raises(FtpRefused, match="550"):
        session.make_folder(f"{server.folder}/file/video")


def test_a_small_file_is_read_and_a_larger_one_is_not(server: Server) -> None:
    (server.on_disk / "told.json").write_bytes(b"one\ntwo\nthree\n")
    session = server.session()
    assert session.read(server.path("told.json"), 14) == b"one\ntwo\nthree\n"
    assert session.read_end(server.path("told.json"), 9) == b"three\n"
    assert session.read_end(server.path("told.json"), 14) == b"one\ntwo\nthree\n"
    with pytest.raises(Transient, match="more than 13 bytes"):
        session.read(server.path("told.json"), 13)


@SERVERS
def test_everything_goes_by_tls_with_a_certificate_that_is_trusted(
    make_server: Callable[..., Any], tmp_path: Path, certificate: dict[str, Path]
) -> None:
    trust = ssl.create_default_context(cafile=str(certificate["certificate_file"]))
    with make_server(tmp_path, **certificate) as server:
        session = server.session(tls=trust)
        session.store(server.path("A.mp4.part"), [CONTENT[:1_000_000]])
        session.store(server.path("A.mp4.part"), [CONTENT[1_000_000:]], 1_000_000)
        session.rename(server.path("A.mp4.part"), server.path("A.mp4"))
        assert session.names(server.folder, ["A.mp4", "A.mp4.part"]) == {"A.mp4"}
        assert (server.on_disk / "A.mp4").read_bytes() == CONTENT
        with pytest.raises(AuthRefused, match="refused our login"):
            server.session()  # a login in the clear


@SERVERS
def test_a_certificate_that_nobody_vouches_for_is_a_sentence(
    make_server: Callable[..., Any], tmp_path: Path, certificate: dict[str, Path]
) -> None:
    with (
        make_server(tmp_path, **certificate) as server,
        pytest.raises(AuthRefused, match=r"certificate of .* is not trusted .*: give the authority's file"),
    ):
        server.session(tls=ssl.create_default_context())


@SERVERS
def test_a_server_without_tls_gets_no_password_where_tls_is_asked_for(
    make_server: Callable[..., Any], tmp_path: Path
) -> None:
    with make_server(tmp_path) as server, pytest.raises(AuthRefused, match=r"refused our login \(5"):
        server.session(tls=ssl.create_default_context())


def connection(monkeypatch: pytest.MonkeyPatch, server: Server, **extra: Any) -> None:
    fields = {"conn_type": "ftp", **server.account, "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_ROKU_FTP", json.dumps(fields))


@pytest.mark.parametrize("verify", [False, "false", "the file"])
def test_the_hook_s_verify_says_which_certificates_are_taken(
    verify: Any, tmp_path: Path, certificate: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = str(certificate["certificate_file"]) if verify == "the file" else verify
    with sandbox_server(tmp_path, **certificate) as server:
        connection(monkeypatch, server, tls=True, verify=verify)
        FtpSession(FtpHook("roku_ftp", 10).account()).store(server.path("A.mp4"), [CONTENT])
        assert (server.on_disk / "A.mp4").read_bytes() == CONTENT


def test_the_hook_trusts_no_stranger_unless_told_to(
    tmp_path: Path, certificate: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox_server(tmp_path, **certificate) as server:
        connection(monkeypatch, server, tls="true")
        with pytest.raises(AuthRefused, match="is not trusted"):
            FtpSession(FtpHook("roku_ftp", 10).account())
        connection(monkeypatch, server, tls=True, verify=str(tmp_path / "absent.pem"))
        with pytest.raises(ConfigurationInvalid, match=r"its extra verify names .*absent\.pem"):
            FtpSession(FtpHook("roku_ftp", 10).account())


@pytest.mark.parametrize("encoding", ["no-such", "utf-16", "base64"])
def test_the_hook_takes_no_encoding_that_ftp_cannot_use(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox_server(tmp_path) as server:
        connection(monkeypatch, server, encoding=encoding)
        with pytest.raises(ConfigurationInvalid, match=f"its extra encoding is '{encoding}'"):
            FtpHook("roku_ftp", 10).account()
