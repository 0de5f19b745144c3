"""What servers say where the standard says something else: each answer is taken for what it means there."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.clients.ftp import FtpSession, OffsetRefused
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.ftp_replies import MEANINGS, Meaning, meaning_of
from edye_delivery.errors import AuthRefused, FtpRefused, Transient
from tests.components.hostile_ftp import Answer, HostileFtp, hostile_ftp, sending, taking, transfers
from tests.sandbox.ftp_caller import make_certificate

FILE = RemotePath("/incoming", "A.mp4")
NO = b"502 no\r\n"


@contextmanager
def session(**answers: Any) -> Iterator[tuple[FtpSession, HostileFtp]]:
    """A session with a server that means well but for these answers; a callable makes one of the server."""
    with hostile_ftp() as server:
        made = {name: answer(server) if callable(answer) else answer for name, answer in answers.items()}
        server.change(**(transfers(server) | made))
        yield FtpSession(FtpAccount("127.0.0.1", server.port, "edye", "secret", timeout_s=10)), server


def listed(content: bytes, end: bytes = b"226 that was all\r\n") -> Any:
    return lambda server: sending(server, content, end)


@pytest.mark.parametrize(
    "answer",
    [
        b"450 No files found\r\n",
        b"550 No files found\r\n",
        listed(b"", b"450 .: No such file or directory\r\n"),
        listed(b""),
        listed(b'""\r\n'),
        listed(b"\r\n"),
        listed(b".\r\n..\r\n"),
    ],
    ids=["450", "550", "450 in the end", "no line", "quotation marks", "an empty line", "dots"],
)
def test_a_folder_that_can_be_entered_and_has_nothing_to_list_is_empty(answer: Any) -> None:
    with session(NLST=answer) as (one, _):
        assert one.names("/incoming", ["A.mp4"]) == frozenset()
        assert one.size(FILE) == 10


def test_a_listing_that_breaks_off_with_450_is_not_an_empty_folder() -> None:
    with session(NLST=listed(b"A.mp4\r\n", b"450 read error\r\n")) as (one, _), pytest.raises(Transient, match="450"):
        one.names("/incoming", ["B.mp4"])


@pytest.mark.parametrize("content", [b"./A.mp4\r\n", b"/incoming/A.mp4\n"], ids=["dot", "path"])
def test_a_name_is_found_with_whatever_folder_the_server_writes_before_it(content: bytes) -> None:
    with session(NLST=listed(content)) as (one, _):
        assert one.names("/incoming", ["A.mp4"]) == {"A.mp4"}


BUSY = b"450 path not found\r\n"


def test_a_size_that_is_answered_450_is_decided_by_the_listing() -> None:
    with session(SIZE=BUSY, NLST=listed(b"B.mp4\r\n")) as (one, _):
        assert one.size(FILE) is None
    with session(SIZE=BUSY) as (one, _), pytest.raises(Transient, match=r"450 to SIZE /incoming/A\.mp4"):
        one.size(FILE)


def test_450_to_both_size_and_listing_proves_nothing() -> None:
    with session(SIZE=BUSY, NLST=b"450 try later\r\n") as (one, _), pytest.raises(Transient, match="450"):
        one.size(FILE)


CROWDS = [
    "Sorry, the maximum number of clients (10) from your host are already connected.",
    "Sorry, the maximum number of allowed clients (3) already connected",
    "Too many connections from your internet address",
    "Sorry, maximum users already logged in",
    "Connection limit reached, try later",
]
REFUSALS = [
    "Login incorrect.",
    "Login authentication failed, closing connection",
    "This server allows TLS connections only",
    "A client certificate is required",
    "Maximum number of password attempts for clients exceeded",
    "Your account has been disabled after too many failed connections",
    "Maximum login attempts reached, account disabled for this session",
    "Connections from your address are not allowed",
    "Anonymous clients are not permitted",
]


@pytest.mark.parametrize("text", CROWDS)
def test_530_that_speaks_of_connections_or_clients_may_pass(text: str) -> None:
    with hostile_ftp(PASS=f"530 {text}\r\n".encode()) as server, pytest.raises(Transient, match="530 to PASS"):
        FtpSession(FtpAccount("127.0.0.1", server.port, "edye", "secret", timeout_s=10))


@pytest.mark.parametrize("text", REFUSALS)
def test_530_that_speaks_of_us_does_not_pass(text: str) -> None:
    assert meaning_of("PASS", 530, text) is Meaning.LOGIN_REFUSED


def test_no_refusal_is_without_a_meaning() -> None:
    assert {meaning_of("NOOP", code) for code in range(400, 500)} == {Meaning.TEMPORARY}
    lasting = {code for code in range(500, 600) if meaning_of("NOOP", code) is not Meaning.PERMANENT}
    assert lasting == {530, 532, 552}
    assert {code for _, code in MEANINGS if code > 5} <= set(range(400, 600))


def test_answers_that_are_not_of_the_encoding_are_understood_by_code_and_number() -> None:
    with session(
        greeting=b"220 Bem-vindo \xe0 casa\r\n",
        USER=b"331-\xa1Hola!\r\n331 contrase\xf1a\r\n",
        FEAT=b"211-\xe9\r\n REST STREAM\r\n211 fin\r\n",
        SIZE=b"213 10 \xff\r\n",
        DELE=b"550 no est\xe1\r\n",
    ) as (one, _):
        assert one.size(FILE) == 10
        with pytest.raises(FtpRefused, match=r"550 to DELE /incoming/A\.mp4: no est"):
            one.delete(FILE)


def extended(server: HostileFtp) -> bytes:
    return f"229 here (|||{server.data.getsockname()[1]}|)\r\n".encode()


@pytest.mark.parametrize("code", [500, 501, 502, 503, 522, 550])
def test_epsv_is_asked_for_from_where_pasv_is_refused_on(code: int) -> None:
    with session(PASV=b"%d not over here\r\n" % code, EPSV=extended) as (one, server):
        one.store(FILE, [b"x"])
        assert one.names("/incoming", ["A.mp4"]) == {"A.mp4"}
        assert [line for line in server.heard if line in ("PASV", "EPSV")] == ["PASV", "EPSV", "EPSV"]


def test_the_command_that_was_refused_is_the_one_that_is_named() -> None:
    with session(PASV=NO, EPSV=b"522 not that one\r\n") as (one, _), pytest.raises(FtpRefused, match="522 to EPSV"):
        one.store(FILE, [b"x"])
    with session(REST=NO, SIZE=b"213 100000\r\n") as (one, _), pytest.raises(FtpRefused, match="502 to REST 50000"):
        one.read_end(FILE, 50_000)
    with session(RNTO=b"553 no\r\n", DELE=NO) as (one, _), pytest.raises(FtpRefused, match="553 to RNTO /incoming/B"):
        one.rename(FILE, RemotePath("/incoming", "B.mp4"))
    with hostile_ftp(TYPE=NO) as server, pytest.raises(AuthRefused, match=r"refused our login \(502 to TYPE I\)"):
        FtpSession(FtpAccount("127.0.0.1", server.port, "edye", "secret", timeout_s=10))


def test_a_refused_data_connection_is_not_taken_for_a_server_that_does_not_go_on() -> None:
    with session(PASV=NO, EPSV=b"550 no\r\n") as (one, _), pytest.raises(FtpRefused, match="550 to EPSV"):
        one.store(FILE, [b"x"], 5)


ENDS: dict[str, dict[str, Answer | Any]] = {
    "REST refused": {"REST": b"450 not today\r\n"},
    "the end refused": {"STOR": lambda server: taking(server, b"450 error during transfer: not implemented\r\n")},
}


@pytest.mark.parametrize("answers", ENDS.values(), ids=ENDS)
def test_a_server_that_does_not_go_on_is_told_so_whenever_it_says_it(answers: dict[str, Any]) -> None:
    with session(**answers) as (one, _), pytest.raises(OffsetRefused, match="does not resume"):
        one.store(FILE, [b"x"], 5)


def test_the_end_of_a_whole_file_that_is_answered_450_may_pass() -> None:
    with session(**ENDS["the end refused"]) as (one, _), pytest.raises(Transient, match="450 to STOR") as told:
        one.store(FILE, [b"x"])
    assert not isinstance(told.value, OffsetRefused)


def test_an_upload_does_not_wait_for_a_farewell_of_tls_that_never_comes(tmp_path: Path) -> None:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    held: list[socket.socket] = []

    def serve(listener: socket.socket, data: socket.socket) -> None:
        connection, _ = listener.accept()
        connection.sendall(b"220 hello\r\n")
        port = data.getsockname()[1]
        answers = {"PASS": b"230 in", "FEAT": NO.strip(), "PASV": b"227 (127,0,0,1,%d,%d)" % divmod(port, 256)}
        while command := connection.recv(1000).decode().strip():
            verb = command.partition(" ")[0]
            if verb == "STOR":
                connection.sendall(b"150 go on\r\n")
                secured = context.wrap_socket(data.accept()[0], server_side=True)
                held.append(secured)  # it stays open, without a word
                while secured.recv(65536):
                    pass
                connection.sendall(b"226 all is here\r\n")
                continue
            connection.sendall(answers.get(verb, b"234 so be it" if verb == "AUTH" else b"200 fine") + b"\r\n")
            if verb == "AUTH":
                connection = context.wrap_socket(connection, server_side=True)

    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_server(("127.0.0.1", 0)) as data:
        threading.Thread(target=serve, args=(listener, data), daemon=True).start()
        trust = ssl.create_default_context(cafile=str(certificate))
        account = FtpAccount("127.0.0.1", listener.getsockname()[1], "edye", "secret", tls=trust, timeout_s=3600)
        FtpSession(account).store(FILE, [b"x" * 300_000])
    assert len(held) == 1
    held[0].close()
