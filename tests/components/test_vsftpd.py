"""The real vsftpd that other tests use: what it does for a client, with and without TLS, and that it leaves nothing."""

from __future__ import annotations

import ftplib
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import psutil
import pytest

from tests import vsftpd
from tests.sandbox.ftp_caller import make_certificate
from tests.vsftpd import VsftpdFailed, VsftpdServer, require_vsftpd, vsftpd_server

FIRST = b"first " * 50_000
WHOLE = FIRST + b"second " * 50_000


class ResumingClient(ftplib.FTP_TLS):
    """The client of ftplib, except that a data connection resumes the control connection's TLS session."""

    def ntransfercmd(self, cmd: str, rest: int | str | None = None) -> tuple[socket.socket, int | None]:
        """The data connection, in TLS when `prot_p` was said."""
        data_socket, size_bytes = super(ftplib.FTP_TLS, self).ntransfercmd(cmd, rest)
        if self._prot_p:
            data_socket = self.context.wrap_socket(data_socket, server_hostname=self.host, session=self.sock.session)
        return data_socket, size_bytes


@contextmanager
def session(
    server: VsftpdServer,
    tls_client: type[ftplib.FTP_TLS] = ResumingClient,
    version: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
) -> Iterator[ftplib.FTP]:
    """A session that is logged in, in TLS when the server has a certificate."""
    context = ssl.create_default_context(cafile=server.certificate)
    context.maximum_version = version
    client = tls_client(context=context) if server.certificate else ftplib.FTP()  # noqa: S321 FTP is the subject
    try:
        client.connect(server.host, server.port, timeout=20)
        client.login(server.login, server.password)
        if isinstance(client, ftplib.FTP_TLS):
            client.prot_p()
        client.voidcmd("TYPE I")
        yield client
    finally:
        client.close()


def cut(connection: socket.socket) -> None:
    """Ends a connection as a lost peer does: a reset, without goodbyes of TLS or FTP."""
    bare = socket.socket(fileno=connection.detach())
    bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    bare.close()


def wait_for_size(path: Path, size_bytes: int) -> None:
    until = time.monotonic() + 20
    while path.stat().st_size != size_bytes:
        assert time.monotonic() < until, f"{path} has {path.stat().st_size} of {size_bytes} bytes"


@pytest.fixture
def installed() -> None:
    require_vsftpd()


@pytest.fixture(params=["plain", "tls"])
def server(request: pytest.FixtureRequest, tmp_path: Path, installed: None) -> Iterator[VsftpdServer]:
    certificate, key = make_certificate(tmp_path) if request.param == "tls" else (None, None)
    with vsftpd_server(tmp_path / "server", certificate=certificate, key=key) as running:
        yield running


@pytest.fixture
def tls_server(tmp_path: Path, installed: None) -> Iterator[VsftpdServer]:
    certificate, key = make_certificate(tmp_path)
    with vsftpd_server(tmp_path / "server", certificate=certificate, key=key) as running:
        yield running


def test_a_login_lands_in_the_root(server: VsftpdServer) -> None:
    with session(server) as client:
        assert client.pwd() == str(server.root)


def test_a_wrong_password_is_refused(server: VsftpdServer) -> None:
    with (
        pytest.raises(ftplib.error_perm, match="530 Login incorrect"),
        session(replace(server, password="wrong")),
    ):
        pass


def test_an_upload_has_its_size(server: VsftpdServer) -> None:
    with session(server) as client:
        assert client.storbinary("STOR film.mp4", BytesIO(WHOLE)) == "226 Transfer complete."
        assert client.size("film.mp4") == len(WHOLE)
    assert (server.root / "film.mp4").read_bytes() == WHOLE


def test_size_says_what_has_arrived_while_an_upload_runs(server: VsftpdServer) -> None:
    with session(server) as sender, session(server) as other, sender.transfercmd("STOR film.mp4") as connection:
        connection.sendall(FIRST)
        wait_for_size(server.root / "film.mp4", len(FIRST))
        assert other.size("film.mp4") == len(FIRST)


def test_a_rename_replaces_the_file_that_is_there(server: VsftpdServer) -> None:
    with session(server) as client:
        client.storbinary("STOR film.mp4", BytesIO(b"old"))
        client.storbinary("STOR film.mp4.part", BytesIO(WHOLE))
        assert client.rename("film.mp4.part", "film.mp4") == "250 Rename successful."
        assert client.nlst() == ["film.mp4"]
    assert (server.root / "film.mp4").read_bytes() == WHOLE


def test_an_upload_that_was_cut_resumes_at_what_arrived(server: VsftpdServer) -> None:
    with session(server) as client:
        connection = client.transfercmd("STOR film.mp4")
        connection.sendall(FIRST)
        wait_for_size(server.root / "film.mp4", len(FIRST))
        cut(connection)
        cut(client.sock)
    with session(server) as client:
        offset = client.size("film.mp4")
        assert offset == len(FIRST)
        client.storbinary("STOR film.mp4", BytesIO(WHOLE[offset:]), rest=offset)
    assert (server.root / "film.mp4").read_bytes() == WHOLE


def test_a_reset_of_the_data_connection_alone_is_told_and_keeps_the_session(server: VsftpdServer) -> None:
    with session(server) as client:
        connection = client.transfercmd("STOR film.mp4")
        connection.sendall(FIRST)
        wait_for_size(server.root / "film.mp4", len(FIRST))
        cut(connection)
        with pytest.raises(ftplib.error_temp, match="426 Failure reading network stream"):
            client.voidresp()
        assert client.size("film.mp4") == len(FIRST)


def test_an_offset_beyond_the_end_leaves_a_hole_of_zeros(server: VsftpdServer) -> None:
    with session(server) as client:
        client.storbinary("STOR film.mp4", BytesIO(b"abc"))
        client.storbinary("STOR film.mp4", BytesIO(b"xyz"), rest=5)
    assert (server.root / "film.mp4").read_bytes() == b"abc\0\0xyz"


def test_an_append_goes_on_at_the_end(server: VsftpdServer) -> None:
    with session(server) as client:
        client.storbinary("APPE film.mp4", BytesIO(FIRST))
        client.storbinary("APPE film.mp4", BytesIO(WHOLE[len(FIRST) :]))
        assert client.size("film.mp4") == len(WHOLE)
    assert (server.root / "film.mp4").read_bytes() == WHOLE


def test_a_new_folder_is_listed_as_empty(server: VsftpdServer) -> None:
    with session(server) as client:
        assert client.mkd("incoming") == str(server.root / "incoming")
        assert client.nlst("incoming") == []
    assert (server.root / "incoming").is_dir()


def test_a_file_can_be_deleted(server: VsftpdServer) -> None:
    with session(server) as client:
        client.storbinary("STOR film.mp4", BytesIO(b"abc"))
        client.delete("film.mp4")
        assert client.nlst() == []


def test_a_login_without_tls_is_refused_when_there_is_a_certificate(tls_server: VsftpdServer) -> None:
    with (
        pytest.raises(ftplib.error_perm, match="530 Anonymous sessions must use encryption"),
        session(replace(tls_server, certificate=None)),
    ):
        pass


def test_data_without_tls_is_refused_when_there_is_a_certificate(tls_server: VsftpdServer) -> None:
    with session(tls_server) as client:
        client.voidcmd("PROT C")
        with pytest.raises(ftplib.error_perm, match="522 Data connections must be encrypted"):
            client.storbinary("STOR film.mp4", BytesIO(b"abc"))


def test_data_that_do_not_resume_the_tls_session_are_refused(tls_server: VsftpdServer) -> None:
    with (
        session(tls_server, ftplib.FTP_TLS) as client,
        pytest.raises(ftplib.error_perm, match="522 SSL connection failed: session reuse required"),
    ):
        client.storbinary("STOR film.mp4", BytesIO(b"abc"))


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda version: version.name)
def test_each_data_connection_resumes_the_tls_session(tls_server: VsftpdServer, version: ssl.TLSVersion) -> None:
    with session(tls_server, version=version) as client:
        for number in range(3):
            client.storbinary(f"STOR {number}.mp4", BytesIO(WHOLE))
        assert sorted(client.nlst()) == ["0.mp4", "1.mp4", "2.mp4"]


def test_no_process_is_left_when_a_client_is_still_there(tmp_path: Path, installed: None) -> None:
    with ExitStack() as outlives_the_server:
        with vsftpd_server(tmp_path) as server:
            client = outlives_the_server.enter_context(session(server))
            connection = outlives_the_server.enter_context(client.transfercmd("STOR film.mp4"))
            connection.sendall(FIRST)
            processes = [psutil.Process(server.pid), *psutil.Process(server.pid).children()]
        assert len(processes) > 1
        assert not [process for process in processes if process.is_running()]


def test_a_server_that_does_not_start_says_why(tmp_path: Path, installed: None) -> None:
    with pytest.raises(VsftpdFailed, match="500 OOPS: SSL"), vsftpd_server(tmp_path, certificate=tmp_path / "none.pem"):
        pass


@pytest.mark.parametrize(
    ("in_ci", "outcome"),
    [("", pytest.skip.Exception), ("true", pytest.fail.Exception)],
    ids=["skipped", "failed in CI"],
)
def test_without_vsftpd_a_test_says_how_to_run_it(
    monkeypatch: pytest.MonkeyPatch, in_ci: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("CI", in_ci)
    monkeypatch.setattr(vsftpd, "vsftpd_path", lambda: None)
    with pytest.raises(outcome, match="vsftpd is not installed: `apt-get install vsftpd`, then `make test`"):
        require_vsftpd()
